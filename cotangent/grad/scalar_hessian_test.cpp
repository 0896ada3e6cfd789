// Pullbacks, Jacobians and Hessians of functions of numbers.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;

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

namespace {

/// A straight-line program of small integers, in which derivatives often cancel.
template <class T>
std::vector<T> program(std::vector<T> v, std::uint64_t seed) {
    const auto draw = [&seed](std::size_t below) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::size_t>(seed >> 33) % below;
    };
    for (int k = 0; k < 12; ++k) {
        const T &a = v[draw(v.size())], &b = v[draw(v.size())];
        const std::size_t what = draw(k < 4 ? 3 : 2);
        v.push_back(what == 0 ? T(a - b) : what == 1 ? T(a + b) : T(a * b));
    }
    return {v.end() - 3, v.end()};
}

}  // namespace

TEST_CASE("adjoints that cancel leave nothing behind for the next sweep") {
    const auto f = [](const auto& x) {
        const auto product = x[0] * x[1], sum = product + x[0];
        return std::vector{sum - product, product};
    };
    const std::vector<double> x{2, 3};
    const std::vector<std::vector<double>> expected{{1, 0}, {3, 2}};
    CHECK(ct::jacobian(f, ct::Mode::forward)(x) == expected);
    CHECK(ct::jacobian(f, ct::Mode::reverse)(x) == expected);
    const auto [y, pullback] = ct::vjp(f, x);
    for (int k = 0; k < 3; ++k) {
        CHECK(pullback({1, 0}) == expected[0]);
        CHECK(pullback({0, 1}) == expected[1]);
    }
    CHECK(ct::grad([f](const auto& z) { return ct::preaccumulate(f)(z)[1]; })(x) == expected[1]);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        const auto g = [seed](const auto& z) { return program(z, seed); };
        const std::vector<double> at{2, 3, -1};
        const auto forward = ct::jacobian(g, ct::Mode::forward)(at);
        REQUIRE(ct::jacobian(g, ct::Mode::reverse)(at) == forward);
        const auto weighted = [g](const auto& z) {
            const auto r = ct::preaccumulate(g)(z);
            return r[0] * 3 + r[1] * 5 + r[2] * 7;
        };
        const auto gradient = ct::grad(weighted)(at);
        for (std::size_t i = 0; i < at.size(); ++i)
            REQUIRE(gradient[i] == forward[0][i] * 3 + forward[1][i] * 5 + forward[2][i] * 7);
    }
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

namespace {

template <class T>
struct Layer {
    T rate = 0.5;
};
/// Members whose initialisers ask for numbers, which a row of a Hessian is not. (In a std::optional or std::tuple the
/// library asks for them, with Clang.)
template <class T>
struct Model {
    T scale = 1, shift = 2;
    std::array<T, 2> weights{};
    int power = 3;
    std::array<Layer<T>, 2> layers{};
    std::vector<Layer<T>> more{};
    std::optional<T> last{};
};

template <class T>
struct Leaf {
    T rate;
};
template <class T>
struct Branch {
    T weight;
    std::vector<Branch<T>> above;
};

}  // namespace

TEST_CASE("numbers are found in trees of every shape") {
    using Nothing = std::array<Leaf<double>, 0>;
    const std::tuple<std::tuple<double, Leaf<double>>, std::optional<std::optional<double>>, Branch<double>, Nothing> x{
        {2, {3}}, std::optional<double>(5), {7, {{11, {}}, {13, {{17, {}}}}}}, {}};
    const auto f = [](const auto& y) {
        const auto& [pair, maybe, branch, nothing] = y;
        return std::get<0>(pair) * std::get<1>(pair).rate * **maybe * branch.above[1].above[0].weight +
               branch.weight * branch.weight;
    };
    for (const ct::Mode mode : {ct::Mode::forward, ct::Mode::reverse}) {
        const auto [pair, maybe, branch, nothing] = ct::grad(f, {.mode = mode})(x);
        CHECK(std::get<0>(pair) == 3 * 5 * 17);
        CHECK(std::get<1>(pair).rate == 2 * 5 * 17);
        CHECK(**maybe == 2 * 3 * 17);
        CHECK(branch.weight == 14);
        CHECK(branch.above[0].weight == 0);
        CHECK(branch.above[1].above[0].weight == 2 * 3 * 5);
    }
    const auto h = ct::hessian(f)(x);
    CHECK(std::get<2>(std::get<2>(h).weight).weight == 2);
    CHECK(**std::get<1>(std::get<1>(std::get<0>(h)).rate) == 2 * 17);
}

TEST_CASE("structs with default member initialisers have Jacobians and Hessians") {
    const auto f = []<class T>(const Model<T>& m) {
        return m.scale * m.scale * m.shift * m.power + m.weights[1] * m.layers[1].rate + m.more[0].rate * *m.last;
    };
    Model<double> m{.scale = 3, .weights = {5, 7}, .more = {{11}, {13}}, .last = 17};
    CHECK(ct::grad(f)(m).scale == 2 * 3 * 2 * 3);
    CHECK(ct::grad(f)(m).power == 3);
    const auto h = ct::hessian(f)(m);
    CHECK(h.scale.scale == 2 * 2 * 3);
    CHECK(h.shift.scale == 2 * 3 * 3);
    CHECK(h.weights[1].layers[1].rate == 1);
    CHECK(h.layers[1].rate.weights == std::array<double, 2>{0, 1});
    CHECK(h.more[0].rate.last == 1);
    CHECK(h.more[1].rate.last == 0);
    CHECK(h.last->more[0].rate == 1);
    const auto twice = []<class T>(const Model<T>& x) {
        Model<T> y = x;
        y.scale = x.scale * x.shift;
        return y;
    };
    for (const ct::Mode mode : {ct::Mode::forward, ct::Mode::reverse}) {
        const auto j = ct::jacobian(twice, mode)(m);
        CHECK(j.scale.shift == 3);
        CHECK(j.last->last == 1);
        CHECK(j.power == 3);
    }
}
