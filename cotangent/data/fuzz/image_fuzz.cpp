#include <cstdlib>
#include <span>

#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        const cotangent::Tensor image = data::decode_image(std::as_bytes(std::span(bytes, size)));
        if (image.rank() != 3 || image.length(2) != 3) std::abort();
    } catch (const cotangent::Error&) {
    }
    return 0;
}
