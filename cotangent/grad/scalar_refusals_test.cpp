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
    for (const ct::Mode mode : {ct::Mode::automatic, ct::Mode::reverse}) {
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
