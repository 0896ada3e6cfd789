// safetensors_copy FROM TO: loads a file and saves it again, for testdata/check_interop.py.
#include <cstdio>

#include "cotangent/tree/safetensors.hpp"

int main(int count, char** arguments) {
    if (count != 3) return 2;
    try {
        const ct::TensorFile file = ct::load_tensors(arguments[1]);
        ct::save_tensors(arguments[2], file.tensors, file.metadata);
    } catch (const ct::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
