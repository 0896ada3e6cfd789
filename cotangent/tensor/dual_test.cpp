#include "cotangent/tensor/dual.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace ct = cotangent;
using ct::Dual, ct::Lanes;

namespace {

/// Calls check(name, f, points) with every function of one variable. Points stay off the kinks and the ends of domains.
template <class Check>
void each_function(Check check) {
    using namespace ct;
    using std::abs, std::cos, std::erf, std::exp, std::expm1, std::floor, std::log, std::log1p, std::pow, std::sin,
        std::sqrt, std::tan, std::tanh;
    const std::vector<double> all{-2.3, -0.7, 0.2, 1.1, 2.6}, positive{0.1, 0.8, 1.7, 5.5};
    check(
        "plus", [](auto x) { return (x + x) + 2 + (1.5 + x); }, all);
    check(
        "minus", [](auto x) { return -(x * x - x) - 2 + (1.5 - x); }, all);
    check(
        "times", [](auto x) { return x * x * 3 * (0.5 * x); }, all);
    check(
        "over", [](auto x) { return (x + 1) / (x * x + 3) / 2 + 5 / x; }, all);
    check(
        "exp", [](auto x) { return exp(x); }, all);
    check(
        "expm1", [](auto x) { return expm1(x); }, all);
    check(
        "log", [](auto x) { return log(x); }, positive);
    check(
        "log1p", [](auto x) { return log1p(x); }, positive);
    check(
        "sqrt", [](auto x) { return sqrt(x); }, positive);
    check(
        "sin", [](auto x) { return sin(x); }, all);
    check(
        "cos", [](auto x) { return cos(x); }, all);
    check(
        "tan", [](auto x) { return tan(x); }, all);
    check(
        "tanh", [](auto x) { return tanh(x); }, all);
    check(
        "erf", [](auto x) { return erf(x); }, all);
    check(
        "sigmoid", [](auto x) { return sigmoid(x); }, all);
    check(
        "softplus", [](auto x) { return softplus(x); }, all);
    check(
        "sign", [](auto x) { return x * x * sign(x); }, all);
    check(
        "abs", [](auto x) { return x * abs(x - 1); }, all);
    check(
        "floor", [](auto x) { return x * x * floor(x); }, all);
    check(
        "power of x to x", [](auto x) { return pow(x, x * x); }, positive);
    check(
        "power with a number", [](auto x) { return pow(x, 2.5) + pow(x, 3) + pow(x, 0); }, positive);
    check(
        "power of a number", [](auto x) { return pow(1.5, x); }, all);
    check(
        "maximum", [](auto x) { return maximum(x * x, 2 * x + 1) + maximum(x, 0); }, all);
    check(
        "minimum", [](auto x) { return minimum(x * x, 2 * x + 1) + minimum(1, x); }, all);
    check(
        "select", [](auto x) { return select(x > 0.5, x * x, select(x <= -1, 0, x)); }, all);
}

double slope(auto f, double x) { return f(Dual<double>(x, 1)).tangent; }

}  // namespace

TEST_CASE("the tangent of every function is what differences give") {
    each_function([](const std::string& name, auto f, const std::vector<double>& points) {
        for (const double x : points) {
            CAPTURE(name);
            CAPTURE(x);
            const double h = 1e-5, difference = (f(x + h) - f(x - h)) / (2 * h);
            CHECK(slope(f, x) == doctest::Approx(difference).epsilon(1e-6));
            CHECK(f(Dual<double>(x, 1)).value == doctest::Approx(f(x)).epsilon(1e-15));
            CHECK(f(Dual<double>(x, -3)).tangent == doctest::Approx(-3 * slope(f, x)).epsilon(1e-12));
        }
    });
}

TEST_CASE("a dual of duals holds the second derivative") {
    each_function([](const std::string& name, auto f, const std::vector<double>& points) {
        for (const double x : points) {
            CAPTURE(name);
            CAPTURE(x);
            using Twice = Dual<Dual<double>>;
            const Twice y = f(Twice({x, 1}, {1, 0}));
            const double h = 1e-5, difference = (slope(f, x + h) - slope(f, x - h)) / (2 * h);
            CHECK(y.value.tangent == doctest::Approx(slope(f, x)).epsilon(1e-12));
            CHECK(y.tangent.value == doctest::Approx(slope(f, x)).epsilon(1e-12));
            CHECK(y.tangent.tangent == doctest::Approx(difference).epsilon(1e-6));
        }
    });
}

TEST_CASE("duals of floats and of lanes have the tangents of duals of doubles") {
    each_function([](const std::string& name, auto f, const std::vector<double>& points) {
        for (const double x : points) {
            CAPTURE(name);
            CAPTURE(x);
            const Dual<double> y = f(Dual<double>(x, 1));
            const Dual<float> narrow = f(Dual<float>(static_cast<float>(x), 1));
            CHECK(narrow.tangent == doctest::Approx(y.tangent).epsilon(1e-4));
            const auto lanes = f(Dual<Lanes<double>>(Lanes<double>(x), Lanes<double>(1)));
            CHECK(lanes.value.v[0] == doctest::Approx(y.value).epsilon(1e-14));
            CHECK(lanes.tangent.v[Lanes<double>::count - 1] == doctest::Approx(y.tangent).epsilon(1e-13));
            const auto twice =
                f(Dual<Dual<Lanes<double>>>({Lanes<double>(x), Lanes<double>(1)}, {Lanes<double>(1), Lanes<double>(0)}));
            CHECK(twice.tangent.value.v[0] == doctest::Approx(y.tangent).epsilon(1e-13));
        }
    });
}

TEST_CASE("lanes follow the branch of their own value") {
    Lanes<double> x(0);
    for (int i = 0; i < Lanes<double>::count; ++i) x.v[i] = i - 1;
    const auto y = select(Dual<Lanes<double>>(x, Lanes<double>(1)) > 0, Dual<Lanes<double>>(x, Lanes<double>(1)) * 2, 0);
    for (int i = 0; i < Lanes<double>::count; ++i) CHECK(y.tangent.v[i] == (i > 1 ? 2 : 0));
}

TEST_CASE("a unit tangent is 1 along its direction, and nothing along one that there is not") {
    const auto check = []<class T, int n>(ct::Tangents<T, n>) {
        for (int direction = -1; direction <= n + 1; ++direction)
            for (int i = 0; i < n; ++i) CHECK(ct::Tangents<T, n>::unit(direction)[i] == (i == direction ? T(1) : T(0)));
    };
    check(ct::Tangents<double, 1>());
    check(ct::Tangents<double, 7>());
    check(ct::Tangents<float, 24>());
    check(ct::Tangents<Dual<double>, 3>());
}

TEST_CASE("at a kink abs has the tangent 0, and equal arguments of extrema share theirs") {
    CHECK(abs(Dual<double>(0, 1)).tangent == 0);
    CHECK(maximum(Dual<double>(2, 1), Dual<double>(2, 0)).tangent == 0.5);
    CHECK(minimum(Dual<double>(2, 1), 2).tangent == 0.5);
    CHECK(maximum(Dual<double>(std::nan(""), 1), 2).value != maximum(Dual<double>(std::nan(""), 1), 2).value);
}

TEST_CASE("powers at 0 have finite tangents where the derivative is finite") {
    CHECK(pow(Dual<double>(0, 1), 0).tangent == 0);
    CHECK(pow(Dual<double>(0, 1), 1).tangent == 1);
    CHECK(pow(Dual<double>(0, 1), Dual<double>(0, 0)).tangent == 0);
    CHECK(pow(Dual<double>(0, 1), Dual<double>(2, 1)).tangent == 0);
    CHECK(pow(Dual<double>(-2, 1), Dual<double>(3, 0)).tangent == doctest::Approx(12));
}
