#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {

struct Advance {
    template <class T>
    std::array<T, 2> operator()(const std::array<T, 2>& s, std::int64_t i, const std::array<T, 2>& p) const {
        const T force = p[0] * sin(s[0]) + p[1] * s[1] * static_cast<double>(i % 3);
        return {s[0] + 0.01 * s[1], s[1] - 0.01 * force};
    }
};
template <class T>
T plain_loop(const std::vector<T>& x, std::int64_t count) {
    std::array<T, 2> s{x[0], x[1]};
    for (std::int64_t i = 0; i < count; ++i) s = Advance()(s, i, std::array<T, 2>{x[2], x[3]});
    return s[0] * s[1];
}
template <class T>
T saved_loop(const std::vector<T>& x, std::int64_t count) {
    const auto s = ct::checkpointed_loop(count, Advance(), std::array<T, 2>{x[0], x[1]}, std::array<T, 2>{x[2], x[3]});
    return s[0] * s[1];
}
const std::vector<double> start{0.5, 0.2, 3.0, 0.1};

/// The most slots in use while f is differentiated.
template <class F>
std::uint32_t most_slots(const F& f) {
    std::uint32_t most = 0;
    const auto watched = [&](const auto& x) { return f(x, [&] { most = std::max(most, ct::detail::tape<double>.count); }); };
    (void)ct::grad(watched)(start);
    return most;
}

}  // namespace

TEST_CASE("a checkpoint over numbers changes neither values nor derivatives of either order") {
    const auto plain = [](const auto& x) { return plain_loop(x, 50); };
    const auto saved = [](const auto& x) { return saved_loop(x, 50); };
    const auto [value, gradient] = ct::value_and_grad(saved)(start);
    const auto [expected_value, expected] = ct::value_and_grad(plain)(start);
    CHECK(value == doctest::Approx(expected_value).epsilon(1e-13));  // the compiler fuses other products into sums
    for (std::size_t i = 0; i < 4; ++i) CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-12));
    const auto v = std::vector<double>{1, 2, 3, 4};
    const auto product = ct::hvp(saved, start, v), expected_product = ct::hvp(plain, start, v);
    for (std::size_t i = 0; i < 4; ++i) CHECK(product[i] == doctest::Approx(expected_product[i]).epsilon(1e-12));
}

TEST_CASE("checkpoints nest") {
    const auto inner = ct::checkpoint([](const auto& a, const auto& b) { return sin(a * b) + a; });
    const auto outer = ct::checkpoint([inner](const auto& a, const auto& b) { return inner(a, b) * inner(b, a); });
    const auto plain = [](const auto& x) { return (sin(x[0] * x[1]) + x[0]) * (sin(x[0] * x[1]) + x[1]); };
    const std::vector<double> x{0.4, 1.3};
    const auto expected = ct::grad(plain)(x);
    const auto gradient = ct::grad([&](const auto& y) { return outer(y[0], y[1]); })(x);
    CHECK(gradient[0] == doctest::Approx(expected[0]).epsilon(1e-14));
    CHECK(gradient[1] == doctest::Approx(expected[1]).epsilon(1e-14));
}

TEST_CASE("a loop of 100,000 steps is differentiated in memory that grows with the square root") {
    const auto slots_of = [](std::int64_t count) {
        return most_slots([count](const auto& x, auto note) {
            using T = std::remove_cvref_t<decltype(x[0])>;
            const auto step = [note](const auto& s, std::int64_t i, const auto& p) {
                note();
                return Advance()(s, i, p);
            };
            const auto s = ct::checkpointed_loop(count, step, std::array<T, 2>{x[0], x[1]}, std::array<T, 2>{x[2], x[3]});
            return s[0] * s[1];
        });
    };
    const std::uint32_t thousand = slots_of(1000), hundred_thousand = slots_of(100000);
    CHECK(hundred_thousand < 11 * thousand);  // sqrt(100) = 10
    CHECK(hundred_thousand < 10000);
    const auto saved = ct::grad([](const auto& x) { return saved_loop(x, 100000); })(start);
    const auto plain = ct::grad([](const auto& x) { return plain_loop(x, 100000); })(start);
    for (std::size_t i = 0; i < 4; ++i) CHECK(saved[i] == doctest::Approx(plain[i]).epsilon(1e-7));
}

TEST_CASE("a checkpointed loop keeps an argument as long as itself once") {
    constexpr std::int64_t count = 40000;
    const auto step = [](auto s, std::int64_t i, const auto& controls, const std::vector<double>& times) {
        const auto k = static_cast<std::size_t>(i);
        s[1] += times[k] * (controls[k] - sin(s[0]));
        s[0] += 0.01 * s[1];
        return s;
    };
    const std::vector<double> times(count, 0.001);
    std::vector<double> controls;
    for (std::int64_t i = 0; i < count; ++i) controls.push_back(std::sin(1e-3 * static_cast<double>(i)));
    std::uint32_t most = 0;
    const auto saved = [&](const auto& u) {
        using T = std::remove_cvref_t<decltype(u[0])>;
        const auto watched = [&](auto s, std::int64_t i, const auto& a, const auto& t) {
            most = std::max(most, ct::detail::tape<double>.count);
            s[1] += t[static_cast<std::size_t>(i)] * (a[static_cast<std::size_t>(i)] - sin(s[0]));
            s[0] += 0.01 * s[1];
            return s;
        };
        const auto s = ct::checkpointed_loop(count, watched, std::array<T, 2>{0, 0}, u, times);
        return s[0] * s[1];
    };
    const auto plain = [&](const auto& u) {
        using T = std::remove_cvref_t<decltype(u[0])>;
        std::array<T, 2> s{0, 0};
        for (std::int64_t i = 0; i < count; ++i) s = step(s, i, u, times);
        return s[0] * s[1];
    };
    const auto gradient = ct::grad(saved)(controls), expected = ct::grad(plain)(controls);
    for (std::size_t i = 0; i < gradient.size(); i += 1000) CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-9));
    CHECK(most < 2 * count + 10 * 200);  // the variables, those again for the pieces, and a piece
}

TEST_CASE("the state of a checkpointed loop may grow, and there may be no steps") {
    const auto grow = [](auto s, std::int64_t i, const auto& p) {
        s.push_back(s.back() * p + static_cast<double>(i));
        return s;
    };
    const auto after = [&](std::int64_t count) {
        return [=](const auto& x) {
            using T = std::remove_cvref_t<decltype(x[0])>;
            T sum = 0.0;
            for (const T& s : ct::checkpointed_loop(count, grow, std::vector<T>{x[0]}, x[1])) sum += s * s;
            return sum;
        };
    };
    const auto plain = [&](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        std::vector<T> s{x[0]};
        for (std::int64_t i = 0; i < 10; ++i) s = grow(s, i, x[1]);
        T sum = 0.0;
        for (const T& each : s) sum += each * each;
        return sum;
    };
    const std::vector<double> x{0.5, 0.9}, v{1, -2};
    const auto gradient = ct::grad(after(10))(x), expected = ct::grad(plain)(x);
    const auto product = ct::hvp(after(10), x, v), expected_product = ct::hvp(plain, x, v);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(gradient[i] == doctest::Approx(expected[i]).epsilon(1e-12));
        CHECK(product[i] == doctest::Approx(expected_product[i]).epsilon(1e-12));
    }
    CHECK(ct::grad(after(0))(x) == std::vector<double>{1, 0});
}

TEST_CASE("a checkpointed loop over tensors is the loop") {
    const auto step = [](const Tensor& s, std::int64_t, const Tensor& w) { return ct::tanh(s * w) + s; };
    ct::check_derivatives([&](const Tensor& s, const Tensor& w) { return ct::checkpointed_loop(5, step, s, w); },
                          Tensor::of<double>({0.3, -0.7}), Tensor::of<double>({1.1, 0.6}));
}

TEST_CASE("a checkpoint takes numbers, or tensors that are differentiated, not both") {
    const auto f = [](const auto& x, const Tensor& w) { return ct::to_scalar<double>(w) * x[0]; };
    const auto outer = [&](const Tensor& w) {
        (void)ct::grad([&](const auto& x) { return ct::checkpoint(f)(x, w); })(start);
        return ct::sum(w);
    };
    CHECK_THROWS_WITH_AS(ct::grad(outer)(ct::ones({})),
                         doctest::Contains("numbers and a tensor that is being differentiated"), ct::ValueError);
}
