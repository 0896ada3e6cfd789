#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

TEST_CASE("a struct of numbers and tensors is differentiated with respect to both") {
    const Model<double> model = some_model();
    const Tensor x = some_points();
    const auto check = [&](const auto& f) {
        const auto [value, gradient] = ct::value_and_grad(f)(model, x);
        const auto at = [&](const Model<double>& m) { return static_cast<double>(Tensor(f(m, x)).item()); };
        const auto difference = [&](auto change) {
            Model<double> above = model, below = model;
            change(above, 1e-6);
            change(below, -1e-6);
            return (at(above) - at(below)) / 2e-6;
        };
        const bool narrow = std::is_same_v<std::remove_cvref_t<decltype(value)>, double>;  // Tensor(double) is float32
        const double tolerance = narrow ? 0.2 : 1e-7;
        CHECK(gradient.scale == doctest::Approx(difference([](auto& m, double h) { m.scale += h; })).epsilon(tolerance));
        CHECK(gradient.offsets[1] ==
              doctest::Approx(difference([](auto& m, double h) { m.offsets[1] += h; })).epsilon(tolerance));
        for (std::size_t k = 0; k < 4; ++k)
            CHECK(gradient.weights.template values<double>()[k] == doctest::Approx(difference([&](auto& m, double h) {
                                                                       m.weights.template mutable_values<double>()[k] += h;
                                                                   })).epsilon(tolerance));
        return gradient;
    };
    const auto of_tensor = check(ModelLoss());
    CHECK(of_tensor.weights.dtype() == ct::Dtype::float64);
    // The other is f * scale: its derivatives follow from the first's.
    const auto [value, gradient] = ct::value_and_grad(ScalarModelLoss())(model, x);
    const double f = ModelLoss()(model, x).item();
    CHECK(value == doctest::Approx(f * 1.3).epsilon(1e-14));
    CHECK(gradient.scale == doctest::Approx(of_tensor.scale * 1.3 + f).epsilon(1e-13));
    CHECK(gradient.offsets[0] == doctest::Approx(of_tensor.offsets[0] * 1.3).epsilon(1e-13));
    CHECK(gradient.weights.values<double>()[2] ==
          doctest::Approx(of_tensor.weights.values<double>()[2] * 1.3).epsilon(1e-13));
    // Forward along a direction, and back, agree.
    const Model<double> direction{Tensor::of<double>({{1, 2}, {3, 4}}), 0.5, {-1, 2}};
    double expected = gradient.scale * 0.5 - gradient.offsets[0] + 2 * gradient.offsets[1];
    for (std::size_t k = 0; k < 4; ++k) expected += gradient.weights.values<double>()[k] * static_cast<double>(k + 1);
    const auto scalar_loss = [&](const auto& m) { return ScalarModelLoss()(m, x); };
    const auto tensor_loss = [&](const auto& m) { return ModelLoss()(m, x) * m.scale; };
    CHECK(ct::jvp(scalar_loss, model, direction).second == doctest::Approx(expected).epsilon(1e-13));
    CHECK(ct::jvp(tensor_loss, model, direction).second.item() == doctest::Approx(expected).epsilon(1e-13));
    const auto [y, pullback] = ct::vjp(tensor_loss, model);
    for (int k = 0; k < 2; ++k)
        CHECK(pullback(ct::full({}, 2, ct::Dtype::float64)).scale == doctest::Approx(2 * gradient.scale));
}
