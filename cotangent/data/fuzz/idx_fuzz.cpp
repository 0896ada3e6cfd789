#include <span>

#include "cotangent/data/idx.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        (void)data::decode_idx(std::as_bytes(std::span(bytes, size)));
    } catch (const cotangent::Error&) {
    }
    return 0;
}
