// Derivatives of numbers that would be wrong without a word.
#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

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

TEST_CASE("what cannot depend on its argument is zero, or refused") {
    const auto constant = [](auto x) { return decltype(x)(3); };
    CHECK(ct::grad(constant)(1.0) == 0);
    for (const ct::Mode mode : {ct::Mode::automatic, ct::Mode::reverse, ct::Mode::forward}) {
        const ct::GradOptions refuse{.independent = ct::Independent::refuse, .mode = mode};
        CHECK_THROWS_WITH_AS(ct::grad(constant, refuse)(1.0), "grad: the result does not depend on the argument",
                             ct::ValueError);
        const auto overwritten = [](auto x) {
            x[0] = 2;
            return x[0];
        };
        CHECK_THROWS_AS(ct::grad(overwritten, refuse)(std::array{1.0, 2.0}), ct::ValueError);
        CHECK(ct::grad([](auto x) { return x * x; }, refuse)(3.0) == 6);
    }
    CHECK_THROWS_AS(
        ct::grad([](const Tensor&) { return ct::ones({}); }, {.independent = ct::Independent::refuse})(ct::ones({2})),
        ct::ValueError);
}

TEST_CASE("an infinite derivative of an inner function is no variable of an outer one") {
    const auto inner_root = [](auto x) { return x * x + ct::grad([](auto y) { return pow(y, 0.5); })(0.0); };
    CHECK(ct::grad(inner_root)(2.0) == 4);
    const auto inner_entropy = [](auto x) {
        (void)ct::value_and_grad([](auto y) { return y * log(y); })(0.0);
        return x * 3;
    };
    CHECK(ct::grad(inner_entropy)(2.0) == 3);
}

TEST_CASE("numbers made of a tensor that is being differentiated further out are refused") {
    const Tensor w = Tensor::of<double>({1, 2, 3});
    const auto message = doctest::Contains("the tensor depends on a variable that is being differentiated further out");
    const auto captured = [](const Tensor& t) { return ct::grad([&](auto x) { return sum(t * x * x); })(2.0) * sum(t); };
    CHECK_THROWS_WITH_AS((void)ct::grad(captured)(w), message, ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::jvp(captured, w, w), message, ct::ValueError);
    const auto passed = [](const Tensor& t) {
        return ct::grad([](auto x, const Tensor& v) { return sum(v * x * x); })(2.0, t) * sum(t);
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(passed)(w), message, ct::ValueError);
    const auto forward = [](const Tensor& t) {
        return ct::jvp([&](auto x) { return sum(t * x); }, 2.0, 1.0).second * sum(t);
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(forward)(w), message, ct::ValueError);
    // A constant is none, and neither is a variable of a derivative that is over.
    const auto constant = [](const Tensor& t) {
        return ct::grad([v = ct::stop_gradient(t)](auto x) { return ct::to_scalar<decltype(x)>(sum(v * x * x)); })(2.0) *
               sum(t);
    };
    CHECK(ct::grad(constant)(w).to_vector<double>() == std::vector<double>{24, 24, 24});
    const auto over = [&](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        const Tensor slope = ct::grad([](const Tensor& t) { return sum(t * t); })(w);
        return ct::to_scalar<T>(sum(slope * x[0]));
    };
    CHECK(ct::grad(over)(std::vector<double>{1})[0] == 12);
}

TEST_CASE("numbers of an outer derivative that an inner one meets in a tensor are refused") {
    using Numbers = std::vector<double>;
    const auto inner = [](const Tensor& v) { return [v](auto y) { return ct::to_scalar<decltype(y)>(sum(v * y)); }; };
    const auto by_jvp = [&](const auto& x) { return x[0] * ct::jvp(inner(ct::to_tensor(x)), 2.0, 1.0).second; };
    CHECK_THROWS_AS((void)ct::grad(by_jvp)(Numbers{3, 2}), ct::ValueError);
    const auto by_grad = [&](const auto& x) {
        return x[0] * ct::grad(inner(ct::to_tensor(x)), {.mode = ct::Mode::reverse})(2.0);
    };
    CHECK_THROWS_AS((void)ct::grad(by_grad)(Numbers{3, 2}), ct::ValueError);
    const auto in_advance = [&](const auto& x) { return ct::preaccumulate(inner(ct::to_tensor(x)))(x[0]); };
    CHECK_THROWS_AS((void)ct::grad(in_advance)(Numbers{3, 2}), ct::ValueError);
}

TEST_CASE("a tangent or cotangent of another length is refused") {
    using Numbers = std::vector<double>;
    const auto f = [](const auto& x) { return x[0] * x[1]; };
    CHECK_THROWS_WITH_AS((void)ct::jvp(f, Numbers{2, 3}, Numbers{1}),
                         "derivative: a part of the tangent or cotangent has 1 numbers, expected 2", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::hvp(f, Numbers{2, 3}, Numbers{1, 2, 3}), ct::ShapeError);
    const auto both = [](const auto& x) { return x; };
    CHECK_THROWS_AS((void)ct::vjp(both, Numbers{2, 3}).second(Numbers{1}), ct::ShapeError);
    const auto maybe = [](const auto& x) { return *x * *x; };
    CHECK_THROWS_AS((void)ct::jvp(maybe, std::optional<double>(2), std::optional<double>()), ct::ShapeError);
}
