#include <cmath>
#include <sstream>
#include <vector>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/tensor.hpp"

#include <doctest/doctest.h>

namespace {

struct Golden {
    ct::Tensor tensor;
    std::string printed;
};
/// NumPy 2.4.6; testdata/make_print_golden.py writes the file.
std::vector<Golden> goldens() {
    return {
#include "cotangent/tensor/testdata/print_golden.inc"
    };
}

}  // namespace

TEST_CASE("tensors print as NumPy prints") {
    for (const Golden& golden : goldens()) CHECK(ct::to_string(golden.tensor) == golden.printed);
}

TEST_CASE("bfloat16 prints the float32 it stands for") {
    CHECK(ct::to_string(ct::Tensor::of<ct::BFloat16>({ct::BFloat16(0.1f), ct::BFloat16(-2.f)})) == "[ 0.10009766 -2.        ]");
}

TEST_CASE("a stream takes a tensor") {
    std::ostringstream stream;
    stream << ct::Tensor(2.5) << " " << ct::Tensor::of<float>({1, 2});
    CHECK(stream.str() == "2.5 [1. 2.]");
}
