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
