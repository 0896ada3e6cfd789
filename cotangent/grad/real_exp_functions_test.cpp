#include <cmath>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::check_numbers;

// clang-format off
TEST_CASE("exponentials, logarithms and error functions have the derivatives that differences give") {
    check_numbers("exp expm1 exp2 cbrt", [](const auto& x) {
        using std::exp, std::expm1, std::exp2, std::cbrt;
        return exp(x[0]) * expm1(x[1]) + exp2(x[0]) * cbrt(x[1]);
    }, 0.4, 2.6);
    check_numbers("log log1p log2 log10", [](const auto& x) {
        using std::log, std::log1p, std::log2, std::log10;
        return log(x[0]) * log1p(x[1]) + log2(x[1]) * log10(x[0]);
    }, 0.4, 2.6);
    check_numbers("atanh erf erfc abs", [](const auto& x) {
        using std::atanh, std::erf, std::erfc, std::abs, std::fabs;
        return atanh(x[0]) * erf(x[1]) + erfc(x[0]) * abs(x[1]) + fabs(x[0]);
    }, 0.4, -0.6);
}
// clang-format on
