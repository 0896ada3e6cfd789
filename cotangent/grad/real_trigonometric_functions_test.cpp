#include <cmath>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::check_numbers;

// clang-format off
TEST_CASE("roots, trigonometric and hyperbolic functions have the derivatives that differences give") {
    check_numbers("sqrt tan sin cos", [](const auto& x) {
        using std::sqrt, std::tan, std::sin, std::cos;
        return sqrt(x[0]) * tan(x[1]) + sin(x[0]) * cos(x[1]);
    }, 0.4, 0.6);
    check_numbers("asin acos atan sinh", [](const auto& x) {
        using std::asin, std::acos, std::atan, std::sinh;
        return asin(x[0]) * acos(x[1]) + atan(x[0]) * sinh(x[1]);
    }, 0.4, -0.6);
    check_numbers("cosh tanh asinh acosh", [](const auto& x) {
        using std::cosh, std::tanh, std::asinh, std::acosh;
        return cosh(x[0]) * tanh(x[1]) + asinh(x[0]) * acosh(x[1]);
    }, 0.4, 1.6);
}
// clang-format on
