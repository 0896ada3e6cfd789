#include "cotangent/grad/mixed.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

namespace {

/// Numbers to tensors to numbers, twice, with numbers beside: sum(exp(v) v) x0 + sum(w^2), w = that sum times v.
struct Energy {
    template <class T>
    T operator()(const std::vector<T>& x) const {
        const Tensor v = ct::to_tensor(x);
        const T s = ct::to_scalar<T>(ct::sum(ct::exp(v) * v));
        const Tensor w = ct::to_tensor(std::vector<T>{s, x[1]});
        return s * x[0] + ct::to_scalar<T>(ct::sum(w * w)) * T(0.01);
    }
};
struct PlainEnergy {
    template <class T>
    T operator()(const std::vector<T>& x) const {
        T s = 0;
        for (const T& v : x) s += exp(v) * v;
        return s * x[0] + (s * s + x[1] * x[1]) * T(0.01);
    }
};

}  // namespace

TEST_CASE("derivatives go through tensors made of numbers") {
    const std::vector<double> x{0.3, -0.8, 1.1};
    const auto expected = ct::grad(PlainEnergy())(x);
    const auto gradient = ct::grad(Energy())(x);
    const auto [y, dy] = ct::jvp(Energy(), x, {1, -2, 3});
    const auto forward = ct::jacobian(Energy(), ct::Mode::forward)(x),
               reverse = ct::jacobian(Energy(), ct::Mode::reverse)(x);
    CHECK(y == doctest::Approx(PlainEnergy()(x)).epsilon(1e-14));
    CHECK(dy == doctest::Approx(expected[0] - 2 * expected[1] + 3 * expected[2]).epsilon(1e-13));
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-13));
        CHECK(forward[i] == doctest::Approx(expected[i]).epsilon(1e-13));
        CHECK(reverse[i] == doctest::Approx(expected[i]).epsilon(1e-13));
    }
}

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

TEST_CASE("a struct of numbers and tensors is differentiated with respect to both") {
    const Model<double> model{Tensor::of<double>({{0.5, -0.2}, {0.1, 0.7}}), 1.3, {0.2, -0.4}};
    const Tensor x = Tensor::of<double>({{1, 2}, {-1, 0.5}, {0.3, 0.3}});
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

TEST_CASE("a number beside a tensor takes its dtype") {
    const auto f = [](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        return ct::to_scalar<T>(ct::sum(x[0] * ct::ones({3}) / x[1] - x[2] + 2.0 * ct::ones({3})));
    };
    const auto gradient = ct::grad(f)(std::vector<double>{2, 4, 1});
    CHECK(gradient[0] == doctest::Approx(0.75));
    CHECK(gradient[1] == doctest::Approx(-3 * 2 / 16.0));
    CHECK(gradient[2] == doctest::Approx(-3));
}

TEST_CASE("to_scalar wants one element") {
    CHECK_THROWS_WITH_AS((void)ct::to_scalar<double>(ct::ones({2})),
                         "to_scalar: the tensor has shape [2], expected one element", ct::ShapeError);
}

TEST_CASE("plain numbers of a tensor that is being differentiated are refused") {
    const auto lost = [](const Tensor& t) {
        const auto v = ct::to_scalars<double>(t);
        return sum(t) * (v[0] * v[1]);
    };
    const Tensor t = Tensor::of<double>({2, 3});
    CHECK(lost(t).item() == 30);
    CHECK_THROWS_WITH_AS((void)ct::grad(lost)(t), doctest::Contains("to_scalars: the tensor is being differentiated"),
                         ct::ValueError);
    const auto kept = [](const Tensor& x) { return sum(x) * ct::to_scalars<double>(ct::stop_gradient(x))[0]; };
    CHECK(ct::grad(kept)(t).to_vector<double>() == std::vector<double>{2, 2});
}
