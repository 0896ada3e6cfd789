#include "cotangent/grad/mixed_jacobian.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

TEST_CASE("Jacobians and Hessians of numbers and tensors have a row for each number and element") {
    const Model<double> model{Tensor::of<double>({{0.5, -0.2}, {0.1, 0.7}}), 1.3, {0.2, -0.4}};
    const Tensor x = Tensor::of<double>({{1, 2}, {-1, 0.5}, {0.3, 0.3}});
    constexpr std::size_t count = 4 + 1 + 2;  // weights, scale, offsets
    const auto element = [](Model<double>& m, std::size_t k) -> double& {
        return k < 4 ? m.weights.mutable_values<double>()[k] : k == 4 ? m.scale : m.offsets[k - 5];
    };
    const auto f = [&](const auto& m) { return ModelLoss()(m, x); };
    std::vector<Model<double>> hessian = ct::hessian(f)(model);
    REQUIRE(hessian.size() == count);
    for (std::size_t k = 0; k < count; ++k) {
        Model<double> above = model, below = model;
        element(above, k) += 1e-5;
        element(below, k) -= 1e-5;
        Model<double> up = ct::grad(f)(above), down = ct::grad(f)(below);
        for (std::size_t i = 0; i < count; ++i) {
            CHECK(element(hessian[i], k) == doctest::Approx((element(up, i) - element(down, i)) / 2e-5).epsilon(1e-6));
            CHECK(element(hessian[i], k) == doctest::Approx(element(hessian[k], i)).epsilon(1e-12));
        }
    }

    // A tensor and a number of both, forward and in reverse.
    const auto both = [&](const auto& m) {
        const Tensor y = ct::sum(ct::tanh(ct::matmul(x, m.weights) * m.scale), {.axes = {0}});
        return std::pair{y, m.scale * m.offsets[1]};
    };
    std::vector<Model<double>> forward = ct::jacobian(both, ct::Mode::forward)(model), reverse = ct::jacobian(both)(model);
    REQUIRE(forward.size() == 3);
    REQUIRE(reverse.size() == 3);
    for (std::size_t k = 0; k < count; ++k) {
        Model<double> above = model, below = model;
        element(above, k) += 1e-6;
        element(below, k) -= 1e-6;
        const auto up = both(above), down = both(below);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto at = [&](const auto& y) { return i < 2 ? y.first.template values<double>()[i] : y.second; };
            CHECK(element(forward[i], k) == doctest::Approx((at(up) - at(down)) / 2e-6).epsilon(1e-7));
            CHECK(element(reverse[i], k) == doctest::Approx(element(forward[i], k)).epsilon(1e-13));
        }
    }
    CHECK(element(reverse[2], 6) == 1.3);

    // One number has one row; a tensor of numbers is a row for each element.
    const Model<double> row = ct::jacobian([&](const auto& m) { return ScalarModelLoss()(m, x); })(model);
    CHECK(row.scale == doctest::Approx(ct::grad(ScalarModelLoss())(model, x).scale).epsilon(1e-13));
    const auto squares = [](const auto& v) { return ct::square(ct::to_tensor(v)); };
    const auto of_tensor = ct::jacobian(squares)(std::vector<double>{1, 2, 3});
    REQUIRE(of_tensor.size() == 3);
    CHECK(of_tensor[1] == std::vector<double>{0, 4, 0});
}
