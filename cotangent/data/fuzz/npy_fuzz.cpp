#include <cstdlib>
#include <span>

#include "cotangent/data/npy.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        // Whatever is accepted is written and read back as the same.
        const cotangent::Tensor array = data::decode_npy(std::as_bytes(std::span(bytes, size)));
        const cotangent::Tensor again = data::decode_npy(data::encode_npy(array));
        if (again.shape() != array.shape() || again.dtype() != array.dtype()) std::abort();
    } catch (const cotangent::Error&) {
    }
    return 0;
}
