#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;

TEST_CASE("a number's own rule holds in both modes, at every level") {
    // A step whose derivative is that of a smooth one: sigmoid's.
    const auto step =
        ct::custom_gradient([](auto x) { return x > 0 ? decltype(x)(1) : decltype(x)(0); },
                            [](auto g, auto, auto x) { return g * exp(-x) / ((1 + exp(-x)) * (1 + exp(-x))); });
    const auto smooth = [](auto x) { return 1 / (1 + exp(-x)); };
    for (const double x : {-0.7, 0.4}) {
        CHECK(step(x) == (x > 0 ? 1 : 0));
        CHECK(ct::grad(step)(x) == doctest::Approx(ct::grad(smooth)(x)).epsilon(1e-14));
        CHECK(ct::grad(step, {.mode = ct::Mode::reverse})(x) == doctest::Approx(ct::grad(smooth)(x)).epsilon(1e-14));
        CHECK(ct::jvp(step, x, 2.0).second == doctest::Approx(2 * ct::grad(smooth)(x)).epsilon(1e-14));
        CHECK(ct::grad(ct::grad(step))(x) == doctest::Approx(ct::grad(ct::grad(smooth))(x)).epsilon(1e-13));
        CHECK(ct::hvp(step, x, 1.0) == doctest::Approx(ct::grad(ct::grad(smooth))(x)).epsilon(1e-13));
    }
}

TEST_CASE("a rule of two numbers, one of them a constant") {
    const auto product = ct::custom_gradient([](auto x, auto y) { return x * y; },
                                             [](auto g, auto, auto x, auto y) {
                                                 return std::array{g * y * 10, g * x};
                                             });
    const auto f = [&](const auto& x) { return product(x[0], x[1]) + product(3.0, x[1]) + product(x[0], 2.0); };
    const auto gradient = ct::grad(f)(std::vector<double>{5, 7});
    CHECK(gradient[0] == 90);
    CHECK(gradient[1] == 8);
    CHECK(f(std::vector<double>{5, 7}) == 35 + 21 + 10);
}
