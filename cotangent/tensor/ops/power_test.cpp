#include "cotangent/tensor/ops/power.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

/// d(sum of f(x)) / dx.
template <class F>
std::vector<double> slope_of(const F& f, const ct::Tensor& x) {
    ct::Tensor variable, y;
    {
        const ct::detail::Differentiating differentiating;
        variable = ct::detail::watch(x);
        y = f(variable);
    }
    const ct::Tensor one = ct::Tensor::from(std::vector<double>(static_cast<std::size_t>(y.size()), 1.0), y.shape());
    return ct::detail::pull({{y}}, {{one}}, {{variable}})[0].to_vector<double>();
}

}  // namespace

// Goldens: NumPy 2.4.6, float64.
TEST_CASE("sqrt, rsqrt, square and power agree with NumPy") {
    const ct::Tensor x = ct::Tensor::of<double>({1e-6, 0.02, 0.5, 1.0, 1.5, 7.0, 1e4});
    const std::vector<double> roots{
        0.001, 0.1414213562373095, 0.70710678118654757, 1, 1.2247448713915889, 2.6457513110645907, 100};
    const auto sqrt = ct::sqrt(x).to_vector<double>(), rsqrt = ct::rsqrt(x).to_vector<double>();
    for (std::size_t i = 0; i < roots.size(); ++i) {
        CHECK(sqrt[i] == roots[i]);
        CHECK(rsqrt[i] == doctest::Approx(1 / roots[i]).epsilon(4e-16));
    }
    const ct::Tensor base = ct::Tensor::of<double>({0.5, 2, 3, -2, 0, 9}),
                     exponent = ct::Tensor::of<double>({2.5, -3, 0, 3, 2, 0.5});
    const auto raised = ct::power(base, exponent).to_vector<double>();
    const std::vector<double> expected{0.17677669529663689, 0.125, 1, -8, 0, 3};
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(raised[i] == doctest::Approx(expected[i]).epsilon(4e-16));
    CHECK(ct::square(ct::Tensor::of<std::int64_t>({-3, 4})).to_vector<int>() == std::vector{9, 16});
}

TEST_CASE("power with a number is power with a tensor") {
    const ct::Tensor x = ct::Tensor::of<double>({-2.5, -1, -0.0, 0, 0.3, 1, 7});
    for (const double exponent : {-3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0}) {
        const auto a = ct::power(x, exponent).to_vector<double>();
        const auto b = ct::power(x, ct::Tensor::of<double>({exponent})).to_vector<double>();
        for (std::size_t i = 0; i < a.size(); ++i) {
            CAPTURE(exponent);
            const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
            const bool close = same || std::abs(a[i] - b[i]) <= 4e-16 * std::abs(b[i]);
            CHECK(close);
        }
    }
    CHECK(ct::power(2.0, ct::Tensor::of<float>({3})).item() == 8);
}

TEST_CASE("power's derivatives are finite where the mathematical ones are") {
    const ct::Tensor zero = ct::Tensor::of<double>({0.0});
    CHECK(slope_of([](const ct::Tensor& x) { return ct::power(x, 0.0); }, zero)[0] == 0);
    CHECK(slope_of([](const ct::Tensor& x) { return ct::power(x, 1.0); }, zero)[0] == 1);
    CHECK(slope_of([](const ct::Tensor& x) { return ct::power(x, 2.0); }, zero)[0] == 0);
    CHECK(slope_of([&](const ct::Tensor& x) { return ct::power(x, zero); }, zero)[0] == 0);
    CHECK(slope_of([&](const ct::Tensor& y) { return ct::power(zero, y); }, ct::Tensor::of<double>({2.0}))[0] == 0);
    CHECK(slope_of([](const ct::Tensor& x) { return ct::power(x, ct::Tensor::of<double>({3.0})); },
                   ct::Tensor::of<double>({-2.0}))[0] == doctest::Approx(12));
    CHECK(slope_of([](const ct::Tensor& x) { return ct::sqrt(x); }, zero)[0] == std::numeric_limits<double>::infinity());
}

TEST_CASE("sqrt names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::sqrt(ct::Tensor::of<std::int32_t>({4})),
                         "sqrt: dtype is int32, expected a floating dtype", ct::DtypeError);
}
