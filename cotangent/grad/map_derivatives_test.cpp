#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/tensor/map.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("map of one argument has the derivatives that differences give") {
    const Tensor x = Tensor::of<double>({-1.7, -0.2, 0.3, 1.9});
    const auto one = [](const Tensor& a) { return ct::map([](auto v) { return select(v > 0, exp(v) * v, tanh(v)); }, a); };
    ct::check_derivatives(one, x);
}
