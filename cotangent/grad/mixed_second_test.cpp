#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using namespace ct::testing;

TEST_CASE("second derivatives go through tensors made of numbers, in every combination") {
    const std::vector<double> x{0.3, -0.8, 1.1}, v{1, -2, 0.5};
    const auto expected = ct::hvp(PlainEnergy(), x, v);
    const auto along = [&](auto f) {
        return [f, v](const auto& at) {
            auto direction = at;
            for (std::size_t i = 0; i < v.size(); ++i) direction[i] = v[i];
            return ct::jvp(f, at, direction).second;
        };
    };
    const auto forward_reverse = ct::hvp(Energy(), x, v);
    const auto reverse_forward = ct::grad(along(Energy()))(x);
    const auto reverse_reverse = ct::grad([&](const auto& at) {
        const auto g = ct::grad(Energy())(at);
        return g[0] * v[0] + g[1] * v[1] + g[2] * v[2];
    })(x);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(forward_reverse[i] == doctest::Approx(expected[i]).epsilon(1e-12));
        CHECK(reverse_forward[i] == doctest::Approx(expected[i]).epsilon(1e-12));
        CHECK(reverse_reverse[i] == doctest::Approx(expected[i]).epsilon(1e-12));
    }
    const auto second = ct::jvp(along(Energy()), x, v).second;
    CHECK(second == doctest::Approx(expected[0] * v[0] + expected[1] * v[1] + expected[2] * v[2]).epsilon(1e-12));
}
