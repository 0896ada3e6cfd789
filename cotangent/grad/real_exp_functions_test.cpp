#include <cmath>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::check_numbers;

// clang-format off
TEST_CASE("exponentials, logarithms and error functions have the derivatives that differences give") {
    check_numbers("exp expm1", [](const auto& x) { using std::exp, std::expm1; return exp(x[0]) * expm1(x[1]); }, 0.4, -0.6);
    check_numbers("exp2 cbrt", [](const auto& x) { using std::exp2, std::cbrt; return exp2(x[0]) * cbrt(x[1]); }, 0.4, 2.6);
    check_numbers("log log1p", [](const auto& x) { using std::log, std::log1p; return log(x[0]) * log1p(x[1]); }, 0.4, 2.6);
    check_numbers("log2 log10", [](const auto& x) { using std::log2, std::log10; return log2(x[0]) * log10(x[1]); }, 0.4, 2.6);
    check_numbers("atanh erf", [](const auto& x) { using std::atanh, std::erf; return atanh(x[0]) * erf(x[1]); }, 0.4, -0.6);
    check_numbers("erfc abs", [](const auto& x) { using std::erfc, std::abs; return erfc(x[0]) * abs(x[1]) + fabs(x[0]); }, 0.4, -0.6);
}
// clang-format on
