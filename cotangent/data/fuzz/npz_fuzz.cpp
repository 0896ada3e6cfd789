#include <cstdlib>
#include <span>

#include "cotangent/data/npy.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        // Whatever is accepted is written and read back as the same.
        const data::NamedArrays arrays = data::decode_npz(std::as_bytes(std::span(bytes, size)));
        if (data::decode_npz(data::encode_npz(arrays)).size() != arrays.size()) std::abort();
    } catch (const cotangent::Error&) {
    }
    return 0;
}
