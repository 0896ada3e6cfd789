#include "cotangent/grad/real.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <thread>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::statements_of;

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
    const std::vector<double> x{0.3, 0.7};
    const auto [none, slope] = statements_of([](const auto& v) { return 1 / (1 + exp(-(2 * v[0] - 1))) + v[0] * v[0]; }, x);
    CHECK(none == 0);
    const double s = 1 / (1 + std::exp(-(2 * 0.3 - 1)));
    CHECK(slope[0] == doctest::Approx(2 * s * (1 - s) + 0.6).epsilon(1e-14));
    CHECK(slope[1] == 0);
    const auto [one, both] = statements_of([](const auto& v) { return log(exp(v[0]) * sin(v[1])); }, x);
    CHECK(one == 1);
    CHECK(both[0] == doctest::Approx(1).epsilon(1e-14));
    CHECK(both[1] == doctest::Approx(1 / std::tan(0.7)).epsilon(1e-14));
}

// In the global namespace, as a program's own functions are: a plain name is that of doubles for doubles.
template <class T>
T signed_square(T x) {
    return abs(x) * x;
}

TEST_CASE("a number prints its value, and functions called by plain names are for doubles too") {
    CHECK(signed_square(-0.5) == -0.25);
    CHECK(ct::grad([](auto x) { return signed_square(x); })(-0.5) == 1);
    std::ostringstream text;
    (void)ct::grad([&](const auto& x) {
        text << x[0] * 2 << ' ';
        return ct::jvp(
                   [&](auto y) {
                       text << y;
                       return y * y;
                   },
                   x[0], x[0])
            .second;
    })(std::vector<double>{1.5});
    CHECK(text.str() == "3 1.5");
}

TEST_CASE("numbers of two derivatives compare by their values") {
    const auto clipped = [](auto y) { return ct::grad([&](auto z) { return z > y ? z * 3 : z; })(2.0) + y * 0; };
    CHECK(clipped(ct::Real<>(1)).value() == 3);
    CHECK(clipped(ct::Dual<double>(5.0, 1.0)).value == 1);
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
