#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;
using ct::testing::check_numbers;

// clang-format off
TEST_CASE("arithmetic has the derivatives that differences give") {
    check_numbers("add", [](const auto& x) { return x[0] + x[1]; }, 1.2, -0.7);
    check_numbers("subtract", [](const auto& x) { return x[0] - x[1]; }, 1.2, -0.7);
    check_numbers("multiply", [](const auto& x) { return x[0] * x[1]; }, 1.2, -0.7);
    check_numbers("divide", [](const auto& x) { return x[0] / x[1]; }, 1.2, -0.7);
    check_numbers("negative", [](const auto& x) { return -x[0] * -x[1]; }, 1.2, -0.7);
}
// clang-format on
