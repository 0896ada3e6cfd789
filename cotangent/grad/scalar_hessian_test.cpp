// Pullbacks, Jacobians and Hessians of functions of numbers.
#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;

TEST_CASE("a pullback may be called again, after other derivatives") {
    const auto f = [](const auto& x) { return std::array{x[0] * x[1], exp(x[0]), x[1] * x[1] * x[0]}; };
    const std::array<double, 2> x{0.5, 3};
    const auto [y, pullback] = ct::vjp(f, x);
    CHECK(y[2] == 4.5);
    (void)ct::grad([](auto z) { return z * z; }, {.mode = ct::Mode::reverse})(3.0);
    for (int k = 0; k < 2; ++k) {
        CHECK(pullback({1, 0, 0}) == std::array<double, 2>{3, 0.5});
        CHECK(pullback({0, 0, 2}) == std::array<double, 2>{18, 6});
    }
    CHECK(ct::jacobian(f)(x) == std::array{pullback({1, 0, 0}), pullback({0, 1, 0}), pullback({0, 0, 1})});
}

TEST_CASE("hessians and their products with a vector") {
    const auto f = [](const auto& x) { return x[0] * x[0] * x[1] + exp(x[2]) * x[0]; };
    const std::array<double, 3> x{2, 3, 0.5};
    const auto h = ct::hessian(f)(x);
    const double e = std::exp(0.5);
    const std::array<std::array<double, 3>, 3> expected{{{6, 4, e}, {4, 0, 0}, {e, 0, 2 * e}}};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) CHECK(h[i][j] == doctest::Approx(expected[i][j]).epsilon(1e-14));
    const auto product = ct::hvp(f, x, {1, 2, 3});
    CHECK(product[0] == doctest::Approx(6 + 8 + 3 * e).epsilon(1e-14));
    CHECK(product[2] == doctest::Approx(e + 6 * e).epsilon(1e-14));
    const std::vector<double> many{2, 3, 0.5};
    CHECK(ct::hessian(f)(many)[0][1] == doctest::Approx(4));
}
