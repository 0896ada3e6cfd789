#pragma once
// A function of a number, its third derivative, and two ways to take a derivative, for tests of nesting.
#include <cmath>

#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"

namespace cotangent::testing {

inline constexpr auto f = [](auto v) { return v * v * v * sin(v); };
inline constexpr auto forward = [](auto g) { return [g](auto y) { return jvp(g, y, decltype(y)(1)).second; }; };
inline constexpr auto tape = [](auto g) { return grad(g, {.mode = Mode::reverse}); };

template <class G>
void check_third(const G& third) {
    const double x = 0.7, s = std::sin(x), c = std::cos(x);
    CHECK(third(x) == doctest::Approx(6 * s + 18 * x * c - 9 * x * x * s - x * x * x * c).epsilon(1e-13));
}

}  // namespace cotangent::testing
