#include "cotangent/grad/custom_gradient.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {
Tensor number(double value) { return ct::full({}, value, ct::Dtype::float64); }
}  // namespace

TEST_CASE("custom_gradient uses its rule backward and its transpose forward") {
    const auto clipped = ct::custom_gradient([](const Tensor& x) { return x * 3.0; },
                                             [](const Tensor& g, const Tensor&, const Tensor&) { return g * 10.0; });
    CHECK(clipped(number(2)).item() == 6.0);
    CHECK(ct::grad(clipped)(number(2)).item() == 10.0);
    CHECK(ct::jvp(clipped, number(2), number(1)).second.item() == 10.0);
}

TEST_CASE("a rule written in ops is differentiated further") {
    const auto product = ct::custom_gradient(
        [](const Tensor& x, const Tensor& y) { return x * y; },
        [](const Tensor& g, const Tensor&, const Tensor& x, const Tensor& y) { return std::array{g * y, g * x}; });
    ct::check_derivatives([&](const Tensor& x, const Tensor& y) { return product(x, y) * x; },
                          Tensor::of<double>({1.0, 2.0}), Tensor::of<double>({-0.5, 3.0}));
}

TEST_CASE("custom_gradient refuses tensors that come in by another way") {
    const auto f = [](const Tensor& x) {
        const auto g = ct::custom_gradient([&](const Tensor& y) { return x * y; },
                                           [](const Tensor& cotangent, const Tensor&, const Tensor&) { return cotangent; });
        return g(number(1));
    };
    CHECK_THROWS_WITH_AS(
        (void)ct::grad(f)(number(2)),
        "custom_gradient: the function uses a tensor that is being differentiated and is not an argument", ct::ValueError);
}
