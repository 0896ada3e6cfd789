#include "cotangent/tensor/ops/exponential.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

const std::vector<double> points{-3.5, -1.25, -0.5, -1e-5, 0.0, 2e-5, 0.3, 1.0, 2.75, 6.0};
const std::vector<double> positive{1e-6, 0.02, 0.5, 1.0, 1.5, 7.0, 1e4};

void check_golden(ct::Tensor (*op)(const ct::Tensor&), const std::vector<double>& x, const std::vector<double>& expected) {
    const auto count = static_cast<std::int64_t>(x.size());
    const auto wide = op(ct::Tensor::from(x, {count})).to_vector<double>();
    const auto narrow = op(ct::Tensor::from(std::vector<float>(x.begin(), x.end()), {count})).to_vector<double>();
    for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CHECK(std::abs(wide[i] - expected[i]) <= 4e-16 * std::abs(expected[i]));
        CHECK(std::abs(narrow[i] - expected[i]) <= 4e-7 * std::abs(expected[i]));
    }
}

}  // namespace

// Goldens: NumPy 2.4.6, float64.
TEST_CASE("exp, expm1, log and log1p agree with NumPy") {
    check_golden(ct::exp, points,
                 {0.030197383422318501, 0.28650479686019009, 0.60653065971263342, 0.99999000004999983, 1, 1.0000200002000013,
                  1.3498588075760032, 2.7182818284590451, 15.642631884188171, 403.42879349273511});
    check_golden(ct::expm1, points,
                 {-0.96980261657768152, -0.71349520313980985, -0.39346934028736658, -9.9999500001666663e-06, 0,
                  2.000020000133334e-05, 0.34985880757600307, 1.7182818284590453, 14.642631884188171, 402.42879349273511});
    check_golden(ct::log, {1e-6, 0.02, 0.5, 1.0, 7.0, 1e4},
                 {-13.815510557964274, -3.912023005428146, -0.69314718055994529, 0, 1.9459101490553132, 9.2103403719761836});
    check_golden(ct::log1p, positive,
                 {9.9999950000033335e-07, 0.019802627296179712, 0.40546510810816438, 0.69314718055994529,
                  0.91629073187415511, 2.0794415416798357, 9.2104403669765169});
}

TEST_CASE("exponentials meet their limits as NumPy does") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(ct::exp(ct::Tensor(-infinity)).item() == 0);
    CHECK(ct::exp(ct::Tensor(1000.0)).item() == infinity);
    CHECK(ct::expm1(ct::Tensor(-infinity)).item() == -1);
    CHECK(ct::log(ct::Tensor(0.0)).item() == -infinity);
    CHECK(std::isnan(ct::log(ct::Tensor(-1.0)).item()));
    CHECK(ct::log1p(ct::Tensor(-1.0)).item() == -infinity);
    CHECK(std::isnan(ct::exp(ct::Tensor(std::nan(""))).item()));
}

TEST_CASE("exp of bfloat16 is rounded to bfloat16") {
    ct::Tensor x = ct::Tensor::uninitialized({1}, ct::Dtype::bfloat16);
    *x.fresh_data<ct::BFloat16>() = ct::BFloat16(1.0f);
    CHECK(ct::exp(x).dtype() == ct::Dtype::bfloat16);
    CHECK(ct::exp(x).item() == 2.71875);
}

TEST_CASE("exp names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::exp(ct::Tensor::of<std::int32_t>({1, 2})),
                         "exp: dtype is int32, expected a floating dtype", ct::DtypeError);
}
