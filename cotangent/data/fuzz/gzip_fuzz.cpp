#include <cstdint>

#include "cotangent/data/detail/compression.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        const auto input = std::as_bytes(std::span(bytes, size));
        if (size > 0 && bytes[0] == 0xfd) (void)data::detail::unxz(input, 1 << 20);
        else (void)data::detail::gunzip(input, 1 << 20);
    } catch (const cotangent::Error&) {
    }
    return 0;
}
