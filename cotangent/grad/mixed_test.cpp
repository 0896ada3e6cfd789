#include "cotangent/grad/mixed.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/mixed_check.hpp"

namespace ct = cotangent;
using ct::Tensor;
using namespace ct::testing;

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
