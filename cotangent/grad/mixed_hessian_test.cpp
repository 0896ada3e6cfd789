#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

TEST_CASE("the Hessian of numbers and tensors has a row for each number and element") {
    const Model<double> model = some_model();
    const Tensor x = some_points();
    const auto f = [&](const auto& m) { return ModelLoss()(m, x); };
    std::vector<Model<double>> hessian = ct::hessian(f)(model);
    REQUIRE(hessian.size() == element_count);
    for (std::size_t k = 0; k < element_count; ++k) {
        Model<double> above = model, below = model;
        element(above, k) += 1e-5;
        element(below, k) -= 1e-5;
        Model<double> up = ct::grad(f)(above), down = ct::grad(f)(below);
        for (std::size_t i = 0; i < element_count; ++i) {
            CHECK(element(hessian[i], k) == doctest::Approx((element(up, i) - element(down, i)) / 2e-5).epsilon(1e-6));
            CHECK(element(hessian[i], k) == doctest::Approx(element(hessian[k], i)).epsilon(1e-12));
        }
    }
}
