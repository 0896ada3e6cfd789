#include "cotangent/grad/preaccumulate.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/real_check.hpp"

namespace ct = cotangent;

namespace {

template <class T>
struct State {
    T position, speed;
};
/// One step of a pendulum with friction that depends on the speed.
struct Swing {
    template <class T>
    State<T> operator()(const State<T>& s, const std::array<T, 2>& p) const {
        const T friction = p[1] * s.speed / (1 + s.speed * s.speed);
        const T speed = s.speed - 0.1 * (p[0] * sin(s.position) + friction);
        return {s.position + 0.1 * speed, speed};
    }
};
/// The same with arguments whose number is known only when it runs.
struct SwingOfVectors {
    template <class T>
    std::vector<T> operator()(const std::vector<T>& s, const std::vector<T>& p) const {
        const State<T> next = Swing()(State<T>{s[0], s[1]}, std::array<T, 2>{p[0], p[1]});
        return {next.position, next.speed};
    }
};

template <class Wrap>
auto swings(Wrap wrap) {
    return [wrap](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        State<T> s{x[0], x[1]};
        for (int i = 0; i < 30; ++i) s = wrap(Swing())(s, std::array<T, 2>{x[2], x[3]});
        return s.position * s.speed;
    };
}
const auto plain = swings([](auto f) { return f; });
const auto accumulated = swings([](auto f) { return ct::preaccumulate(f); });
const auto of_vectors = [](const auto& x) {
    using T = std::remove_cvref_t<decltype(x[0])>;
    std::vector<T> s{x[0], x[1]};
    for (int i = 0; i < 30; ++i) s = ct::preaccumulate(SwingOfVectors())(s, std::vector<T>{x[2], x[3]});
    return s[0] * s[1];
};

}  // namespace

TEST_CASE("preaccumulate changes neither values nor derivatives of either order") {
    const std::vector<double> x{0.9, 0.1, 2.0, 0.3};
    const auto expected = ct::value_and_grad(plain)(x);
    const auto second = ct::hessian(plain)(x);
    const auto check = [&](const auto& f) {
        const auto [value, gradient] = ct::value_and_grad(f)(x);
        CHECK(value == doctest::Approx(expected.first).epsilon(1e-14));
        const auto hessian = ct::hessian(f)(x);
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(gradient[i] == doctest::Approx(expected.second[i]).epsilon(1e-13));
            for (std::size_t j = 0; j < 4; ++j) CHECK(hessian[i][j] == doctest::Approx(second[i][j]).epsilon(1e-12));
        }
    };
    check(accumulated);
    check(of_vectors);
}

TEST_CASE("preaccumulate leaves only its results on the tape") {
    const auto statements = [](const auto& f) { return ct::testing::statements_of(f, {0.9, 0.1, 2.0, 0.3}).first; };
    CHECK(statements(plain) == 30 * 6 + 1);
    CHECK(statements(accumulated) == 30 * 4 + 1);  // two results of up to four arguments, two arguments a slot
    CHECK(statements(of_vectors) == 30 * 4 + 1);
}

TEST_CASE("preaccumulate hands on what stands beside its numbers") {
    const auto beside = [](const auto& x) { return std::pair{x[0] * x[1], 2.5}; };
    const auto f = [&](const auto& x) {
        const auto [product, constant] = ct::preaccumulate(beside)(x);
        static_assert(std::is_same_v<decltype(constant), const double>);
        return product * constant;
    };
    CHECK(ct::grad(f)(std::vector<double>{2, 3}) == std::vector<double>{7.5, 5});
    const auto of_array = [&](const auto& x) { return f(std::array{x[0], x[1]}); };
    CHECK(ct::grad(of_array)(std::vector<double>{2, 3}) == std::vector<double>{7.5, 5});
}

TEST_CASE("preaccumulate refuses a variable that is not an argument") {
    const auto f = [](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        return ct::preaccumulate([&](const std::vector<T>& y) { return y[0] * x[1]; })(std::vector<T>{x[0]});
    };
    CHECK_THROWS_AS(ct::grad(f)(std::vector<double>{1, 2}), ct::ValueError);
}
