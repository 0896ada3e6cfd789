#include "cotangent/tensor/ops/sigmoid.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/ops/arithmetic.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

// Goldens: SciPy 1.17.1 expit, NumPy 2.4.6 logaddexp(0, x), float64.
TEST_CASE("sigmoid and softplus agree with SciPy and NumPy") {
    const std::vector<double> x{-3.5, -1.25, -0.5, -1e-5, 0.0, 2e-5, 0.3, 1.0, 2.75, 6.0};
    const std::vector<double> sigmoids{
        0.029312230751356319, 0.22270013882530884, 0.37754066879814541, 0.49999750000000004, 0.5,
        0.50000499999999981,  0.57444251681165903, 0.7310585786300049,  0.93991334982599239, 0.99752737684336534};
    const std::vector<double> softpluses{0.029750418272620566, 0.2519290813453729,  0.47407698418010669, 0.69314218057244525,
                                         0.69314718055994529,  0.69315718060994536, 0.85435524446852718, 1.3132616875182228,
                                         2.8119675890031988,   6.0024756851377301};
    const auto s = ct::sigmoid(ct::Tensor::from(x, {10})).to_vector<double>();
    const auto p = ct::softplus(ct::Tensor::from(x, {10})).to_vector<double>();
    for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CHECK(std::abs(s[i] - sigmoids[i]) <= 4e-16 * sigmoids[i]);
        CHECK(std::abs(p[i] - softpluses[i]) <= 4e-16 * softpluses[i]);
    }
}

TEST_CASE("sigmoid and softplus do not overflow") {
    const double infinity = std::numeric_limits<double>::infinity();
    const ct::Tensor x = ct::Tensor::of<double>({-infinity, -1000, -700, 700, 1000, infinity});
    CHECK(ct::sigmoid(x).to_vector<double>() == std::vector{0.0, 0.0, std::exp(-700.0), 1.0, 1.0, 1.0});
    CHECK(ct::softplus(x).to_vector<double>() == std::vector{0.0, 0.0, std::exp(-700.0), 700.0, 1000.0, infinity});
    CHECK(std::isnan(ct::sigmoid(ct::Tensor(std::nan(""))).item()));
    CHECK(std::isnan(ct::softplus(ct::Tensor(std::nan(""))).item()));
}

TEST_CASE("softplus(x) - softplus(-x) is x") {
    const ct::Tensor x = ct::Tensor::of<double>({-30, -3, -0.1, 0, 0.2, 5, 50});
    const auto difference = (ct::softplus(x) - ct::softplus(-x)).to_vector<double>();
    for (std::size_t i = 0; i < difference.size(); ++i)
        CHECK(difference[i] == doctest::Approx(x.values<double>()[i]).epsilon(1e-14));
}

TEST_CASE("sigmoid names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::sigmoid(ct::Tensor::of<bool>({true})),
                         "sigmoid: dtype is bool, expected a floating dtype", ct::DtypeError);
}
