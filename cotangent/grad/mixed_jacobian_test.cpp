#include "cotangent/grad/mixed_jacobian.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

TEST_CASE("the Jacobian of numbers and tensors has a row for each number and element") {
    const Model<double> model = some_model();
    const Tensor x = some_points();
    // A tensor and a number of both, forward and in reverse.
    const auto both = [&](const auto& m) {
        const Tensor y = ct::sum(ct::tanh(ct::matmul(x, m.weights) * m.scale), {.axes = {0}});
        return std::pair{y, m.scale * m.offsets[1]};
    };
    std::vector<Model<double>> forward = ct::jacobian(both, ct::Mode::forward)(model), reverse = ct::jacobian(both)(model);
    REQUIRE(forward.size() == 3);
    REQUIRE(reverse.size() == 3);
    for (std::size_t k = 0; k < element_count; ++k) {
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
