#include "cotangent/grad/real_check.hpp"

using cotangent::testing::check_numbers;

// clang-format off
TEST_CASE("expressions and assignments have the derivatives that differences give") {
    check_numbers("constants", [](const auto& x) { return (2 + x[0] - 1) * 3 / (5 - x[1]) + 1 / (x[0] * 2 + 1) + (4.0f - x[1] / 2); }, 1.2, -0.7);
    check_numbers("assignments", [](const auto& x) { auto y = x[0]; y += x[1]; y *= x[0]; y -= x[1] * 2; y /= x[0] + 3; y *= 2; return y; }, 1.2, -0.7);
    check_numbers("itself twice", [](const auto& x) { return x[0] * x[0] + x[1] / x[1] * x[0]; }, 1.2, -0.7);
}
// clang-format on
