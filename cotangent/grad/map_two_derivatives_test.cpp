#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/tensor/map.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("map of two arguments has the derivatives that differences give") {
    const Tensor x = Tensor::of<double>({-1.7, -0.2, 0.3, 1.9}), y = Tensor::of<double>({0.4, 1.1, 2.0, 0.8});
    const auto two = [](const Tensor& a, const Tensor& b) {
        return ct::map([](auto u, auto v) { return erf(u * v) / v - sqrt(v) * u; }, a, b);
    };
    ct::check_derivatives(two, x, y);
    ct::check_derivatives(two, ct::reshape(x, {4, 1}), y);
}
