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

struct Clock {
    double step;
    int steps;
};
template <class T>
struct Timed {
    T rate;
    Clock clock;  // no template: constants
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

TEST_CASE("constants beside the numbers are 0 in a gradient, however it is taken") {
    const Timed<double> timed{2, {0.5, 7}};
    const auto f = [](const auto& x) { return x.rate * x.rate * x.clock.step; };
    for (const auto mode : {ct::Mode::automatic, ct::Mode::reverse}) {
        const Timed<double> gradient = ct::grad(f, {.mode = mode})(timed);
        CHECK(gradient.rate == 2);
        CHECK(gradient.clock.step == 0);
        CHECK(gradient.clock.steps == 7);  // an integer is a setting
    }
    CHECK(ct::jacobian(f)(timed).clock.step == 0);
    CHECK(ct::jacobian(f, ct::Mode::reverse)(timed).clock.step == 0);
    CHECK(ct::jacobian(f)(timed).rate == 2);
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

TEST_CASE("a write to one element costs the same in an array of any length") {
    const auto statements = [](std::size_t length) {
        std::uint32_t count = 0;
        const auto f = [&](auto x) {
            const std::uint32_t before = ct::detail::tape<double>.count;
            for (std::size_t k = 1; k <= 100; ++k) x[7 * k % length] = x[(3 * k + 1) % length] * x[k % length];
            count = ct::detail::tape<double>.count - before;
            return x[0] * x[1];
        };
        (void)ct::grad(f)(std::vector<double>(length, 1.0));
        return count;
    };
    CHECK(statements(1'000) == 100);
    CHECK(statements(100'000) == 100);
}

TEST_CASE("a pullback that throws on the way leaves nothing for its next call") {
    bool stop = true;
    const auto sometimes = [&](const auto& x) {
        const auto y = ct::checkpoint([&](const auto& z) {
            if constexpr (!std::is_arithmetic_v<std::remove_cvref_t<decltype(z[0])>>)
                if (stop) throw std::runtime_error("stop");
            return z[0] * z[1];
        })(x);
        return y * x[0] + x[1] * x[0];
    };
    const auto [y, pullback] = ct::vjp(sometimes, std::vector<double>{2, 3});
    CHECK(y == 18);
    CHECK_THROWS_AS((void)pullback(1), std::runtime_error);
    stop = false;
    CHECK(pullback(1) == std::vector<double>{15, 6});
}
