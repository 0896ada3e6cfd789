#include <cmath>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::check_numbers;

// clang-format off
TEST_CASE("functions of two numbers have the derivatives that differences give") {
    check_numbers("pow", [](const auto& x) { using std::pow; return pow(x[0], x[1]) + pow(x[0], 3) + pow(2.0, x[1]) + pow(x[0], 2.5); }, 1.4, -0.6);
    check_numbers("atan2 hypot", [](const auto& x) {
        using std::atan2, std::hypot;
        return atan2(x[0], x[1]) + atan2(x[0], 2.0) * x[1] + x[0] * (hypot(x[0], x[1]) + hypot(x[0], 2.0) * x[1]);
    }, 1.4, -0.6);
    check_numbers("fmod", [](const auto& x) { using std::fmod; return fmod(x[0] * x[0], x[1]) * x[0]; }, 3.4, 0.9);
    check_numbers("minimum maximum select", [](const auto& x) {
        using ct::minimum, ct::maximum, ct::select;
        return minimum(x[0], x[1]) * maximum(x[0], x[1]) * maximum(x[0], 0) + select(x[0] > x[1], x[0] * x[0], x[1]) * x[1];
    }, 1.4, -0.6);
    check_numbers("steps", [](const auto& x) { using std::floor, std::ceil, std::round, std::trunc; return (floor(x[0]) + ceil(x[1]) + round(x[0]) + trunc(x[1])) * x[0]; }, 1.4, -1.6);
}
// clang-format on

TEST_CASE("functions of a variable and a number have derivatives forward too") {
    const auto slope = [](const auto& f, double x) { return ct::grad(f, {.mode = ct::Mode::forward})(x); };
    CHECK(slope([](auto x) { return atan2(x, 4.0); }, 3.0) == doctest::Approx(4.0 / 25));
    CHECK(slope([](auto x) { return atan2(4, x); }, 3.0) == doctest::Approx(-4.0 / 25));
    CHECK(slope([](auto x) { return hypot(x, 4.0); }, 3.0) == doctest::Approx(3.0 / 5));
    CHECK(slope([](auto x) { return hypot(4, x); }, 3.0) == doctest::Approx(3.0 / 5));
    CHECK(slope([](auto x) { return fmod(x, 2.0); }, 3.5) == 1);
    CHECK(slope([](auto x) { return fmod(7.0, x); }, 2.0) == -3);
}
