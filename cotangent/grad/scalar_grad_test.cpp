#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Real;
using ct::Tensor;

namespace {

template <class T>
struct Wall {
    T area;
    std::array<T, 3> layers;
};
template <class T>
struct House {
    std::vector<Wall<T>> walls;
    T temperature;
    int floors = 2;
    std::string name = "house";
};

struct Loss {
    template <class T>
    T operator()(const House<T>& house) const {
        T sum = 0;
        for (const Wall<T>& wall : house.walls) {
            T resistance = 0.1;
            for (const T& layer : wall.layers) resistance += 1 / (layer * layer);
            sum += wall.area * (house.temperature - 3) / resistance;
        }
        return sum * house.floors;
    }
};

/// Branches, an early return, recursion, mutation and element writes.
struct Tangled {
    template <class T>
    static T power(const T& x, int n) {
        if (n == 0) return 1;
        return x * power(x, n - 1);
    }
    template <class T>
    T operator()(const std::vector<T>& x) const {
        std::vector<T> work(x.size(), T(0));
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (x[i] > 2) return work[0] * x[i];
            work[i] = power(x[i], 3);
            if (i > 0) work[i] *= exp(work[i - 1] * 0.1);
            work[0] += sin(x[i]) / work[i];
        }
        T sum = 0;
        for (const T& w : work) sum += w;
        return sum;
    }
};

std::vector<double> differences(const auto& f, std::vector<double> x) {
    std::vector<double> result;
    for (double& element : x) {
        const double before = element, h = 1e-6;
        element = before + h;
        const double above = f(x);
        element = before - h;
        const double below = f(x);
        element = before;
        result.push_back((above - below) / (2 * h));
    }
    return result;
}

}  // namespace

TEST_CASE("grad of a lambda of numbers") {
    const auto f = [](auto x, auto y) { return sin(x) * y; };
    CHECK(ct::grad(f)(1.0, 2.0) == doctest::Approx(2 * std::cos(1.0)).epsilon(1e-15));
    const auto [value, slope] = ct::value_and_grad(f)(1.0, 2.0);
    CHECK(value == std::sin(1.0) * 2);
    CHECK(slope == doctest::Approx(2 * std::cos(1.0)));
    static_assert(std::is_same_v<decltype(ct::grad(f)(1.0f, 2.0f)), float>);
}

TEST_CASE("the gradient of a template of numbers is a template of numbers") {
    const House<double> house{{{2, {1, 2, 3}}, {5, {0.5, 0.7, 0.9}}}, 20, 3, "mine"};
    const House<double> gradient = ct::grad(Loss())(house);
    CHECK(gradient.walls.size() == 2);
    CHECK(gradient.name == "mine");
    CHECK(gradient.floors == 3);
    const double resistance = 0.1 + 1 + 1.0 / 4 + 1.0 / 9;
    CHECK(gradient.walls[0].area == doctest::Approx(3 * 17 / resistance).epsilon(1e-14));
    CHECK(gradient.walls[0].layers[1] == doctest::Approx(3 * 2 * 17 / resistance / resistance * 2 / 8).epsilon(1e-14));
}

TEST_CASE("control flow, recursion and element writes are differentiated") {
    for (const double third : {0.7, 2.5}) {
        const std::vector<double> x{0.5, 1.1, third, 0.3};
        const auto expected = differences(Tangled(), x);
        const auto gradient = ct::grad(Tangled())(x);
        REQUIRE(gradient.size() == 4);
        for (std::size_t i = 0; i < 4; ++i) CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-7));
        const auto forward = ct::jacobian(Tangled(), ct::Mode::forward)(x),
                   reverse = ct::jacobian(Tangled(), ct::Mode::reverse)(x);
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(forward[i] == doctest::Approx(gradient[i]).epsilon(1e-13));
            CHECK(reverse[i] == doctest::Approx(gradient[i]).epsilon(1e-13));
        }
        const auto [y, dy] = ct::jvp(Tangled(), x, {1, 2, 3, 4});
        CHECK(dy == doctest::Approx(gradient[0] + 2 * gradient[1] + 3 * gradient[2] + 4 * gradient[3]).epsilon(1e-13));
    }
}

TEST_CASE("derivatives of numbers nest in every combination") {
    const auto f = [](auto x) { return x * x * x * sin(x); };
    const double x = 0.7, s = std::sin(x), c = std::cos(x);
    const double third = 6 * s + 18 * x * c - 9 * x * x * s - x * x * x * c;
    const ct::GradOptions reverse{.mode = ct::Mode::reverse};
    const auto forward = [](auto g) { return [g](auto y) { return ct::jvp(g, y, decltype(y)(1)).second; }; };
    const auto tape = [&](auto g) { return ct::grad(g, reverse); };
    CHECK(ct::grad(ct::grad(ct::grad(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(tape(tape(tape(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(forward(tape(tape(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(tape(forward(tape(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(tape(tape(forward(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(forward(forward(tape(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(tape(forward(forward(f)))(x) == doctest::Approx(third).epsilon(1e-13));
    CHECK(forward(forward(forward(f)))(x) == doctest::Approx(third).epsilon(1e-13));
}

TEST_CASE("perturbations are not confused") {
    // d/dx (x * d/dy (x + y)) = 1, not 2: Siskind and Pearlmutter 2005.
    const auto outer = [](auto inner) {
        return [inner](auto x) {
            const auto g = [](auto y, auto z) { return z + y; };
            return x * inner(g, decltype(x)(1), x);
        };
    };
    const auto by_grad = [](auto g, auto y, auto x) { return ct::grad(g, {.mode = ct::Mode::reverse})(y, x); };
    const auto by_jvp = [](auto g, auto y, auto x) {
        return ct::jvp([&](auto z) { return g(z, x); }, y, decltype(y)(1)).second;
    };
    CHECK(ct::grad(outer(by_grad), {.mode = ct::Mode::reverse})(1.0) == 1.0);
    CHECK(ct::grad(outer(by_jvp))(1.0) == 1.0);
    CHECK(ct::jvp(outer(by_grad), 1.0, 1.0).second == 1.0);
    CHECK(ct::jvp(outer(by_jvp), 1.0, 1.0).second == 1.0);
}

TEST_CASE("a variable of an outer derivative that would be lost is refused") {
    using Numbers = std::vector<double>;  // of a length not known when compiled: by tape, inside and outside
    const auto lost = [](const auto& x) {
        return x[0] * ct::grad([&](const auto& y) { return x[0] * y[0]; })(Numbers{2})[0];
    };
    CHECK_THROWS_WITH_AS(ct::grad(lost)(Numbers{1}), doctest::Contains("is being differentiated further out"),
                         ct::ValueError);
    const auto forward = [](const auto& x) { return x * ct::jvp([&](const auto& y) { return x * y; }, 2.0, 1.0).second; };
    CHECK_THROWS_WITH_AS((void)ct::jvp(forward, 1.0, 1.0), doctest::Contains("is being differentiated further out"),
                         ct::ValueError);
    // Functions of one number write nothing to the tape that a search could find: the result itself gives it away.
    const auto alone = [](const auto& x) { return ct::grad([&](const auto&) { return exp(x[0]); })(Numbers{2})[0] * x[0]; };
    CHECK_THROWS_AS((void)ct::grad(alone)(Numbers{1}), ct::ValueError);
    const auto pulled = [](const auto& x) {
        return x[0] * ct::vjp([&](const auto& y) { return std::array{y[0], exp(x[0])}; }, Numbers{2}).second({1, 1})[0];
    };
    CHECK_THROWS_AS((void)ct::grad(pulled)(Numbers{1}), ct::ValueError);
    const auto fine = [](const auto& x) {
        return x[0] * ct::grad([](const auto& y) { return y[0] * y[0]; })(Numbers{2})[0];
    };
    CHECK(ct::grad(fine)(Numbers{1})[0] == 4.0);
    const auto kept = [](const auto& x) {
        return x[0] * ct::grad([](const auto& y, const auto& z) { return z[0] * y[0]; })(Numbers{2}, x)[0];
    };
    CHECK(ct::grad(kept)(Numbers{3})[0] == 6.0);
}

TEST_CASE("a pullback may be called again, after other derivatives") {
    const auto f = [](const auto& x) { return std::array{x[0] * x[1], exp(x[0]), x[1] * x[1] * x[0]}; };
    const std::array<double, 2> x{0.5, 3};
    const auto [y, pullback] = ct::vjp(f, x);
    CHECK(y[2] == 4.5);
    (void)ct::grad([](auto z) { return z * z; }, {.mode = ct::Mode::reverse})(3.0);
    for (int k = 0; k < 2; ++k) {
        CHECK(pullback({1, 0, 0}) == std::array<double, 2>{3, 0.5});
        CHECK(pullback({0, 0, 2}) == std::array<double, 2>{18, 6});
    }
    CHECK(ct::jacobian(f)(x) == std::array{pullback({1, 0, 0}), pullback({0, 1, 0}), pullback({0, 0, 1})});
}

TEST_CASE("hessians and their products with a vector") {
    const auto f = [](const auto& x) { return x[0] * x[0] * x[1] + exp(x[2]) * x[0]; };
    const std::array<double, 3> x{2, 3, 0.5};
    const auto h = ct::hessian(f)(x);
    const double e = std::exp(0.5);
    const std::array<std::array<double, 3>, 3> expected{{{6, 4, e}, {4, 0, 0}, {e, 0, 2 * e}}};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) CHECK(h[i][j] == doctest::Approx(expected[i][j]).epsilon(1e-14));
    const auto product = ct::hvp(f, x, {1, 2, 3});
    CHECK(product[0] == doctest::Approx(6 + 8 + 3 * e).epsilon(1e-14));
    CHECK(product[2] == doctest::Approx(e + 6 * e).epsilon(1e-14));
    const std::vector<double> many{2, 3, 0.5};
    CHECK(ct::hessian(f)(many)[0][1] == doctest::Approx(4));
}

TEST_CASE("what cannot depend on its argument is zero, or refused") {
    const auto constant = [](auto x) { return decltype(x)(3); };
    CHECK(ct::grad(constant)(1.0) == 0);
    const ct::GradOptions refuse{.independent = ct::Independent::refuse, .mode = ct::Mode::reverse};
    CHECK_THROWS_WITH_AS(ct::grad(constant, refuse)(1.0), "grad: the result does not depend on the argument",
                         ct::ValueError);
    CHECK_THROWS_AS(
        ct::grad([](const Tensor&) { return ct::ones({}); }, {.independent = ct::Independent::refuse})(ct::ones({2})),
        ct::ValueError);
}

TEST_CASE("a number returned beside the value has no derivative left") {
    const auto f = [](const auto& x) { return std::pair{x[0] * x[0], std::vector{x[1] * 2, x[0]}}; };
    const auto [result, gradient] = ct::value_and_grad(f)(std::vector<double>{3, 4});
    static_assert(std::is_same_v<decltype(result.second), const std::vector<double>> ||
                  std::is_same_v<std::remove_cvref_t<decltype(result.second)>, std::vector<double>>);
    CHECK(result.first == 9);
    CHECK(result.second[0] == 8);
    CHECK(gradient == std::vector<double>{6, 0});
}

TEST_CASE("a throwing function leaves the tape as it was") {
    const auto f = [](const std::vector<Real<>>& x) -> Real<> {
        if (x[0] * x[0] > 0) throw std::runtime_error("stop");
        return x[0];
    };
    for (int k = 0; k < 3; ++k) CHECK_THROWS_AS(ct::grad(f)(std::vector<double>{1}), std::runtime_error);
    CHECK(ct::detail::tape<double>.count == 1);
}
