#include "cotangent/grad/real.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;

namespace {

/// f, of a vector of two numbers, against differences, to second order, in both modes.
void check(const char* name, const auto& f, double a, double b) {
    INFO(name);
    const std::vector<double> x{a, b};
    const auto g = ct::grad(f)(x);
    const auto h = ct::hessian(f)(x);
    const auto reverse_twice = ct::jacobian(ct::grad(f), ct::Mode::reverse)(x);
    CHECK(ct::primal(f(std::vector<ct::Real<>>{a, b})) == doctest::Approx(f(x)).epsilon(1e-15));
    for (std::size_t i = 0; i < 2; ++i) {
        const double step = 1e-5;
        std::vector<double> above = x, below = x;
        above[i] += step;
        below[i] -= step;
        CHECK(g[i] == doctest::Approx((f(above) - f(below)) / (2 * step)).epsilon(1e-7));
        const auto ga = ct::grad(f)(above), gb = ct::grad(f)(below);
        for (std::size_t j = 0; j < 2; ++j) {
            CHECK(h[i][j] == doctest::Approx((ga[j] - gb[j]) / (2 * step)).epsilon(1e-6));
            CHECK(reverse_twice[i][j] == doctest::Approx(h[i][j]).epsilon(1e-12));
        }
    }
}

}  // namespace

// clang-format off
TEST_CASE("arithmetic has the derivatives that differences give") {
    check("add", [](const auto& x) { return x[0] + x[1]; }, 1.2, -0.7);
    check("subtract", [](const auto& x) { return x[0] - x[1]; }, 1.2, -0.7);
    check("multiply", [](const auto& x) { return x[0] * x[1]; }, 1.2, -0.7);
    check("divide", [](const auto& x) { return x[0] / x[1]; }, 1.2, -0.7);
    check("negative", [](const auto& x) { return -x[0] * -x[1]; }, 1.2, -0.7);
    check("constants", [](const auto& x) { return (2 + x[0] - 1) * 3 / (5 - x[1]) + 1 / (x[0] * 2 + 1) + (4.0f - x[1] / 2); }, 1.2, -0.7);
    check("assignments", [](const auto& x) { auto y = x[0]; y += x[1]; y *= x[0]; y -= x[1] * 2; y /= x[0] + 3; y *= 2; return y; }, 1.2, -0.7);
    check("itself twice", [](const auto& x) { return x[0] * x[0] + x[1] / x[1] * x[0]; }, 1.2, -0.7);
}
TEST_CASE("functions of one number have the derivatives that differences give") {
    check("exp expm1", [](const auto& x) { using std::exp, std::expm1; return exp(x[0]) * expm1(x[1]); }, 0.4, -0.6);
    check("exp2 cbrt", [](const auto& x) { using std::exp2, std::cbrt; return exp2(x[0]) * cbrt(x[1]); }, 0.4, 2.6);
    check("log log1p", [](const auto& x) { using std::log, std::log1p; return log(x[0]) * log1p(x[1]); }, 0.4, 2.6);
    check("log2 log10", [](const auto& x) { using std::log2, std::log10; return log2(x[0]) * log10(x[1]); }, 0.4, 2.6);
    check("sqrt tan", [](const auto& x) { using std::sqrt, std::tan; return sqrt(x[0]) * tan(x[1]); }, 0.4, 0.6);
    check("sin cos", [](const auto& x) { using std::sin, std::cos; return sin(x[0]) * cos(x[1]); }, 0.4, 0.6);
    check("asin acos", [](const auto& x) { using std::asin, std::acos; return asin(x[0]) * acos(x[1]); }, 0.4, -0.6);
    check("atan sinh", [](const auto& x) { using std::atan, std::sinh; return atan(x[0]) * sinh(x[1]); }, 0.4, -0.6);
    check("cosh tanh", [](const auto& x) { using std::cosh, std::tanh; return cosh(x[0]) * tanh(x[1]); }, 0.4, -0.6);
    check("asinh acosh", [](const auto& x) { using std::asinh, std::acosh; return asinh(x[0]) * acosh(x[1]); }, 0.4, 1.6);
    check("atanh erf", [](const auto& x) { using std::atanh, std::erf; return atanh(x[0]) * erf(x[1]); }, 0.4, -0.6);
    check("erfc abs", [](const auto& x) { using std::erfc, std::abs; return erfc(x[0]) * abs(x[1]) + fabs(x[0]); }, 0.4, -0.6);
}
TEST_CASE("functions of two numbers have the derivatives that differences give") {
    check("pow", [](const auto& x) { using std::pow; return pow(x[0], x[1]) + pow(x[0], 3) + pow(2.0, x[1]) + pow(x[0], 2.5); }, 1.4, -0.6);
    check("atan2", [](const auto& x) { using std::atan2; return atan2(x[0], x[1]) + atan2(x[0], 2.0) * x[1]; }, 1.4, -0.6);
    check("hypot", [](const auto& x) { using std::hypot; return hypot(x[0], x[1]) + hypot(x[0], 2.0) * x[1]; }, 1.4, -0.6);
    check("fmod", [](const auto& x) { using std::fmod; return fmod(x[0] * x[0], x[1]) * x[0]; }, 3.4, 0.9);
    check("minimum", [](const auto& x) { using ct::minimum, ct::maximum; return minimum(x[0], x[1]) * maximum(x[0], x[1]) * maximum(x[0], 0); }, 1.4, -0.6);
    check("select", [](const auto& x) { using ct::select; return select(x[0] > x[1], x[0] * x[0], x[1]) * x[1]; }, 1.4, -0.6);
    check("steps", [](const auto& x) { using std::floor, std::ceil, std::round, std::trunc; return (floor(x[0]) + ceil(x[1]) + round(x[0]) + trunc(x[1])) * x[0]; }, 1.4, -1.6);
}
// clang-format on

TEST_CASE("the algorithms of the standard library run on numbers being differentiated") {
    const auto f = [](auto x) {
        using T = typename decltype(x)::value_type;
        std::sort(x.begin(), x.end());
        const T largest = *std::max_element(x.begin(), x.end());
        return std::accumulate(x.begin(), x.end(), T(0)) * x[0] +
               std::inner_product(x.begin(), x.end(), x.begin(), T(0)) * largest;
    };
    const auto g = ct::grad(f)(std::vector<double>{3, 1, 2});
    CHECK(g == std::vector<double>{1 + 14 + 2 * 3 * 3, 1 + 6 + 2 * 1 * 3, 1 + 2 * 2 * 3});
}

TEST_CASE("a constant costs no statement, and depends on nothing") {
    const ct::Real<> two = 2, three = two * 1.5;
    CHECK(three.number() == 0);
    CHECK(sin(three).number() == 0);
    CHECK(three == 3);
    CHECK(ct::Real<>().value() == 0);
    CHECK(std::numeric_limits<ct::Real<>>::max() == std::numeric_limits<double>::max());
}

TEST_CASE("what depends on one number only writes no statement") {
    const auto statements = [](const auto& f) {
        std::uint32_t count = 0;
        const auto counted = [&](const auto& x) {
            const auto before = ct::detail::tape<double>.count;
            auto y = f(x);
            count = ct::detail::tape<double>.count - before;
            return y;
        };
        const auto slope = ct::grad(counted)(std::vector<double>{0.3, 0.7});
        return std::pair{count, slope};
    };
    const auto [none, slope] = statements([](const auto& x) { return 1 / (1 + exp(-(2 * x[0] - 1))) + x[0] * x[0]; });
    CHECK(none == 0);
    const double s = 1 / (1 + std::exp(-(2 * 0.3 - 1)));
    CHECK(slope[0] == doctest::Approx(2 * s * (1 - s) + 0.6).epsilon(1e-14));
    CHECK(slope[1] == 0);
    const auto [one, both] = statements([](const auto& x) { return log(exp(x[0]) * sin(x[1])); });
    CHECK(one == 1);
    CHECK(both[0] == doctest::Approx(1).epsilon(1e-14));
    CHECK(both[1] == doctest::Approx(1 / std::tan(0.7)).epsilon(1e-14));
}

TEST_CASE("an infinite partial derivative does not spoil what has no part in the result") {
    const auto f = [](const auto& x) {
        const auto root = sqrt(x[0]);  // infinite slope at 0
        return x[1] > 0 ? x[1] * 2 : root;
    };
    CHECK(ct::grad(f)(std::vector<double>{0, 1}) == std::vector<double>{0, 2});
}

TEST_CASE("two threads differentiate at once, each on its own tape") {
    const auto work = [](double seed) {
        const auto f = [](const auto& x) {
            auto y = x[0];
            for (int i = 0; i < 20000; ++i) y = sin(y) * x[1] + x[0];
            return y;
        };
        return ct::grad(f)(std::vector<double>{seed, 0.5});
    };
    const auto first = work(0.1), second = work(0.2);
    std::vector<double> a, b;
    std::thread one([&] { a = work(0.1); }), two([&] { b = work(0.2); });
    one.join();
    two.join();
    CHECK(a == first);
    CHECK(b == second);
}
