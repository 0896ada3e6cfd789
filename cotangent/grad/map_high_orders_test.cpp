#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("third and fourth derivatives of a map run through its ops") {
    const auto f = [](const Tensor& x) { return ct::map([](auto v) { return v * v * v * v; }, x); };
    const Tensor x = ct::full({}, 3, ct::Dtype::float64);
    const auto d3 = ct::grad(ct::grad(ct::grad(f)));
    CHECK(d3(x).item() == doctest::Approx(72));
    CHECK(ct::grad(d3)(x).item() == doctest::Approx(24));
}

TEST_CASE("a map that ignores its argument has derivative zero") {
    const auto f = [](const Tensor& x) { return ct::map([](auto v) { return v * 0.0 + 2.0; }, x); };
    CHECK(ct::grad(f)(Tensor(3.0)).item() == 0.0);
}
