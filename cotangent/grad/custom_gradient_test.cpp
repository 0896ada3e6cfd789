#include "cotangent/grad/custom_gradient.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {
Tensor number(double value) { return ct::full({}, value, ct::Dtype::float64); }
}  // namespace

TEST_CASE("custom_gradient uses its rule backward and its transpose forward") {
    const auto clipped = ct::custom_gradient([](const Tensor& x) { return x * 3.0; },
                                             [](const Tensor& g, const Tensor&, const Tensor&) { return g * 10.0; });
    CHECK(clipped(number(2)).item() == 6.0);
    CHECK(ct::grad(clipped)(number(2)).item() == 10.0);
    CHECK(ct::jvp(clipped, number(2), number(1)).second.item() == 10.0);
}

TEST_CASE("a rule written in ops is differentiated further") {
    const auto product = ct::custom_gradient(
        [](const Tensor& x, const Tensor& y) { return x * y; },
        [](const Tensor& g, const Tensor&, const Tensor& x, const Tensor& y) { return std::array{g * y, g * x}; });
    ct::check_derivatives([&](const Tensor& x, const Tensor& y) { return product(x, y) * x; },
                          Tensor::of<double>({1.0, 2.0}), Tensor::of<double>({-0.5, 3.0}));
}

TEST_CASE("custom_gradient refuses tensors that come in by another way") {
    const auto f = [](const Tensor& x) {
        const auto g = ct::custom_gradient([&](const Tensor& y) { return x * y; },
                                           [](const Tensor& cotangent, const Tensor&, const Tensor&) { return cotangent; });
        return g(number(1));
    };
    CHECK_THROWS_WITH_AS(
        (void)ct::grad(f)(number(2)),
        "custom_gradient: the function uses a tensor that is being differentiated and is not an argument", ct::ValueError);
}

TEST_CASE("custom_gradient says what is wrong with a cotangent") {
    const auto halved = ct::custom_gradient([](const Tensor& x) { return x * x; },
                                            [](const Tensor& g, const Tensor&, const Tensor&) { return ct::sum(g); });
    const auto three = Tensor::of<double>({1, 2, 3});
    CHECK_THROWS_WITH_AS((void)ct::vjp(halved, three).second(three),
                         "custom_gradient: the rule returned shape [] for floating tensor 0 of the arguments, expected [3]", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::jvp(halved, three, three), ct::ShapeError);
    const auto one_of_two = ct::custom_gradient([](const Tensor& x, const Tensor& y) { return x * y; },
                                                [](const Tensor& g, const Tensor&, const auto&...) { return std::vector{g}; });
    const char* const count =
        "custom_gradient: the rule returned 1 cotangents, expected 2: one for each floating tensor, or number, of the arguments";
    CHECK_THROWS_WITH_AS((void)ct::grad([&](const Tensor& x) { return one_of_two(x, x); })(number(2)), count, ct::ValueError);
    const auto numbers = ct::custom_gradient([](auto x, auto y) { return x * y; }, [](auto g, auto, auto...) { return std::vector{g}; });
    CHECK_THROWS_WITH_AS((void)ct::grad([&](auto x) { return numbers(x, x); })(2.0), count, ct::ValueError);
}

TEST_CASE("cotangents are summed where the argument was broadcast, cast to its dtype, and not asked for where nobody wants them") {
    const auto add = ct::custom_gradient([](const Tensor& x, const Tensor& b) { return x + b; },
                                         [](const Tensor& g, const Tensor&, const Tensor&, const Tensor&) { return std::pair{g, g}; });
    const Tensor x = Tensor::of<double>({{1, 2, 3}, {4, 5, 6}}), b = Tensor::of<double>({1, 1, 2});
    CHECK(ct::grad([&](const Tensor& v) { return sum(add(x, v)); })(b).to_vector<double>() == std::vector<double>{2, 2, 2});
    CHECK(ct::jvp([&](const Tensor& v) { return add(x, v); }, b, b).second.to_vector<double>() == std::vector<double>{1, 1, 2, 1, 1, 2});
    const auto scale = ct::custom_gradient([](const Tensor& v, const Tensor& factor) { return v * factor; },
                                           [](const Tensor& g, const Tensor&, const Tensor&, const Tensor& factor) {
                                               return std::array{g * factor, Tensor()};
                                           });
    const Tensor two = ct::full({}, 2, ct::Dtype::float64);
    CHECK(ct::grad([&](const Tensor& v) { return sum(scale(v, two)); })(b).to_vector<double>() == std::vector<double>{2, 2, 2});
    const auto wide = ct::custom_gradient([](const Tensor& v) { return v * v; }, [](const Tensor& g, const Tensor&, const Tensor& v) {
        return cast(g, ct::Dtype::float64) * cast(v, ct::Dtype::float64) * 2.0;
    });
    const Tensor gradient = ct::grad([&](const Tensor& v) { return sum(wide(v)); })(Tensor::of<float>({1, 2}));
    CHECK(gradient.dtype() == ct::Dtype::float32);
    CHECK(gradient.to_vector<float>() == std::vector<float>{2, 4});
}

TEST_CASE("integers beside the numbers of custom_gradient become numbers in the rule") {
    const auto product = ct::custom_gradient([](auto x, auto n) { return x * n; },
                                             []<class T>(T g, T, T x, T n) { return std::array<T, 2>{g * n, g * x}; });
    CHECK(product(2.0, 3) == 6);
    CHECK(product(2, 3) == 6);
    CHECK(ct::grad([&](auto x) { return product(x, 3); })(2.0) == 3);
}

TEST_CASE("functions and rules of custom_gradient may take auto&") {
    const auto square = ct::custom_gradient([](auto& x) { return x * x; }, [](auto& g, auto&, auto& x) { return g * x * 20.0; });
    CHECK(ct::grad(square)(number(3)).item() == 60.0);
    CHECK(ct::grad(square)(3.0) == 60.0);
}

TEST_CASE("custom_gradient takes trees of tensors") {
    struct Pair {
        Tensor a, b;
    };
    const auto product = ct::custom_gradient([](const Pair& p) { return p.a * p.b; },
                                             [](const Tensor& g, const Tensor&, const Pair& p) { return Pair{g * p.b * 10.0, g * p.a}; });
    const Pair x{Tensor::of<double>({2, 3}), Tensor::of<double>({5, 7})};
    const Pair gradient = ct::grad([&](const Pair& p) { return ct::sum(product(p)); })(x);
    CHECK(gradient.a.to_vector<double>() == std::vector<double>{50, 70});
    CHECK(gradient.b.to_vector<double>() == std::vector<double>{2, 3});
    const auto both = ct::custom_gradient(
        [](const Pair& p, const Tensor& t) { return ct::sum(p.a * p.b) * t; },
        [](const Tensor& g, const Tensor&, const Pair& p, const Tensor& t) {
            return std::tuple{Pair{g * t * p.b, g * t * p.a}, ct::sum(g * ct::sum(p.a * p.b))};
        });
    const auto with_tensor = [&](const std::pair<Pair, Tensor>& all) { return both(all.first, all.second); };
    ct::check_derivatives(with_tensor, std::pair{x, ct::full({}, 0.5, ct::Dtype::float64)});
}
