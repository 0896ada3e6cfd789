#include "cotangent/tensor/ops/activation.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("activations have the derivatives that differences give") {
    const Tensor x = Tensor::of<double>({-3.1, -0.7, 0.2, 2.4});
    ct::check_derivatives([](const Tensor& v) { return ct::relu(v); }, x);
    ct::check_derivatives([](const Tensor& v) { return ct::gelu(v); }, x);
    ct::check_derivatives([](const Tensor& v) { return ct::silu(v); }, x);
}

