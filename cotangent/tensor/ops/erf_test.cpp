#include "cotangent/tensor/ops/erf.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace ct = cotangent;

// Goldens: SciPy 1.17.1, float64.
TEST_CASE("erf agrees with SciPy") {
    const ct::Tensor x = ct::Tensor::of<double>({-3.5, -1.25, -0.5, -1e-5, 0.0, 2e-5, 0.3, 1.0, 2.75, 6.0});
    const std::vector<double> expected{
        -0.99999925690162761,   -0.92290012825645817, -0.52049987781304652, -1.1283791670579e-05, 0,
        2.2567583338901244e-05, 0.32862675945912739,  0.84270079294971478,  0.99989937807788032,  1};
    const auto y = ct::erf(x).to_vector<double>();
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::abs(y[i] - expected[i]) <= 5e-16 * std::abs(expected[i]));
}

TEST_CASE("erf ends at -1 and 1") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(ct::erf(ct::Tensor::of<double>({-infinity, infinity})).to_vector<double>() == std::vector{-1.0, 1.0});
    CHECK(std::isnan(ct::erf(ct::Tensor(std::nan(""))).item()));
}

TEST_CASE("erf names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::erf(ct::Tensor::of<std::int32_t>({1})), "erf: dtype is int32, expected a floating dtype",
                         ct::DtypeError);
}
