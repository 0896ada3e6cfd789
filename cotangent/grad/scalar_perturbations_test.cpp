#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;

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
