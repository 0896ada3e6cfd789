#include <span>

#include "cotangent/data/cifar10.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        data::check(data::decode_cifar10(std::as_bytes(std::span(bytes, size))));
    } catch (const cotangent::Error&) {
    }
    return 0;
}
