#pragma once
// For the tests of Real: a function against differences, and what it leaves on the tape.
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "cotangent/grad/grad.hpp"

namespace cotangent::testing {

/// f, of a vector of two numbers, against differences, to second order, in both modes.
void check_numbers(const char* name, const auto& f, double a, double b) {
    INFO(name);
    const std::vector<double> x{a, b};
    const auto g = grad(f)(x);
    const auto h = hessian(f)(x);
    const auto reverse_twice = jacobian(grad(f), Mode::reverse)(x);
    CHECK(primal(f(std::vector<Real<>>{a, b})) == doctest::Approx(f(x)).epsilon(1e-15));
    for (std::size_t i = 0; i < 2; ++i) {
        const double step = 1e-5;
        std::vector<double> above = x, below = x;
        above[i] += step;
        below[i] -= step;
        CHECK(g[i] == doctest::Approx((f(above) - f(below)) / (2 * step)).epsilon(1e-7));
        const auto ga = grad(f)(above), gb = grad(f)(below);
        for (std::size_t j = 0; j < 2; ++j) {
            CHECK(h[i][j] == doctest::Approx((ga[j] - gb[j]) / (2 * step)).epsilon(1e-6));
            CHECK(reverse_twice[i][j] == doctest::Approx(h[i][j]).epsilon(1e-12));
        }
    }
}

/// How many statements f(x) writes, and its gradient.
template <class F>
[[nodiscard]] auto statements_of(const F& f, const std::vector<double>& x) {
    std::uint32_t count = 0;
    const auto counted = [&](const auto& numbers) {
        const auto before = detail::tape<double>.count;
        auto y = f(numbers);
        count = detail::tape<double>.count - before;
        return y;
    };
    auto gradient = grad(counted)(x);
    return std::pair{count, std::move(gradient)};
}

}  // namespace cotangent::testing
