// A libFuzzer target, built with Clang and -DCOTANGENT_FUZZ=ON:
//     build/fuzz/cotangent/tree/safetensors_fuzz -max_len=4096 corpus/ cotangent/tree/testdata/
#include <cstdlib>

#include "cotangent/tree/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const ct::TensorFile file = ct::decode_tensors(std::as_bytes(std::span(data, size)), "fuzz");
        // Whatever is accepted is written and read back as the same.
        const ct::TensorFile again = ct::decode_tensors(ct::encode_tensors(file.tensors, file.metadata), "again");
        if (again.tensors.size() != file.tensors.size() || again.metadata != file.metadata) std::abort();
    } catch (const ct::Error&) {
    }
    return 0;
}
