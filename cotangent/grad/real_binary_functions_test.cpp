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

TEST_CASE("a power of zero does not depend on a positive exponent") {
    const auto of_exponent = [](auto b) { return pow(0.0, b); };
    CHECK(ct::grad(of_exponent)(0.5) == 0);
    CHECK(ct::grad(of_exponent, {.mode = ct::Mode::reverse})(0.5) == 0);
    const auto power = [](const auto& x) { return pow(x[0], x[1]); };
    CHECK(ct::grad(power)(std::vector<double>{0, 0.5}) == std::vector<double>{INFINITY, 0});  // as JAX and PyTorch
    const auto law = [](const auto& p) {  // a x^b at three places, 0 among them
        auto sum = p[0] * pow(0.0, p[1]);
        for (const double x : {1.0, 2.0}) sum += p[0] * pow(x, p[1]);
        return sum;
    };
    const double by_a = 1 + std::sqrt(2), by_b = 1.5 * std::sqrt(2) * std::log(2);
    const auto vector = ct::grad(law)(std::vector<double>{1.5, 0.5});
    const auto array = ct::grad(law)(std::array<double, 2>{1.5, 0.5});
    CHECK(vector[0] == doctest::Approx(by_a));
    CHECK(vector[1] == doctest::Approx(by_b));
    CHECK(array[0] == doctest::Approx(by_a));
    CHECK(array[1] == doctest::Approx(by_b));
}

TEST_CASE("choices between two numbers, and steps by one") {
    check_numbers("fmax fmin", [](const auto& x) {
        using std::fmax, std::fmin;
        return fmax(x[0], x[1]) * fmin(x[0], 2.0) + fmin(3, x[1]) * x[0] + fmax(x[1], std::nan("")) * x[1];
    }, 1.4, -0.6);
    check_numbers("copysign fma", [](const auto& x) {
        using std::copysign, std::fma;
        const auto y = fma(2, 3.0, x[0]) * fma(x[0], 2.0f, 1.0) * fma(x[0], 2.0, x[1] * x[1]);
        return copysign(x[0] * x[0], x[1]) * x[1] + y * copysign(3.0, x[1]) * x[0];
    }, 1.4, -0.6);
    check_numbers("steps by one", [](const auto& x) {
        auto y = x[0], z = x[1];
        const auto before = y++ * z--;
        return before * ++y * --z;
    }, 1.4, -0.6);
    check_numbers("rint", [](const auto& x) { using std::rint, std::nearbyint; return (rint(x[0]) + nearbyint(x[1])) * x[0] * x[1]; }, 1.4, -1.6);
}
// clang-format on

TEST_CASE("questions about a number are those of its value") {
    const ct::Dual<ct::Real<>> x(ct::Real<>(-INFINITY), ct::Real<>(1));
    using std::isfinite, std::isinf, std::isnan, std::signbit;
    CHECK(isinf(x));
    CHECK(signbit(x));
    CHECK_FALSE(isnan(x));
    CHECK_FALSE(isfinite(x));
    CHECK(isnan(x - x));
    const auto safe_log = [](auto y) { return isfinite(log(y)) ? log(y) : y; };
    CHECK(ct::grad(safe_log)(0.0) == 1);
    CHECK(ct::grad(safe_log)(0.5) == 2);
}

TEST_CASE("functions of a variable and a number have derivatives forward too") {
    const auto slope = [](const auto& f, double x) { return ct::grad(f, {.mode = ct::Mode::forward})(x); };
    CHECK(slope([](auto x) { return atan2(x, 4.0); }, 3.0) == doctest::Approx(4.0 / 25));
    CHECK(slope([](auto x) { return atan2(4, x); }, 3.0) == doctest::Approx(-4.0 / 25));
    CHECK(slope([](auto x) { return hypot(x, 4.0); }, 3.0) == doctest::Approx(3.0 / 5));
    CHECK(slope([](auto x) { return hypot(4, x); }, 3.0) == doctest::Approx(3.0 / 5));
    CHECK(slope([](auto x) { return fmod(x, 2.0); }, 3.5) == 1);
    CHECK(slope([](auto x) { return fmod(7.0, x); }, 2.0) == -3);
}
