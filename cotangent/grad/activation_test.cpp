#include "cotangent/tensor/ops/activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("activations have the derivatives that differences give, far from 0 too") {
    const Tensor x = Tensor::of<double>({-3.1, -0.7, 0.2, 2.4, -90, -720, 90, 720});
    ct::check_derivatives([](const Tensor& v) { return ct::relu(v); }, x);
    ct::check_derivatives([](const Tensor& v) { return ct::gelu(v); }, x);
    ct::check_derivatives([](const Tensor& v) { return ct::silu(v); }, x);
}


TEST_CASE("activations keep their limits") {
    const Tensor x = Tensor::of<float>({-1e30f, -89, -20, -6, 6, 20, 89, 1e30f});
    const auto finite = [](const Tensor& values) {
        for (const float v : values.values<float>()) CHECK(std::isfinite(v));
    };
    for (const auto& f : {ct::relu, ct::gelu, ct::silu}) {
        const Tensor y = f(x), slope = ct::grad([&](const Tensor& v) { return sum(f(v)); })(x);
        for (std::size_t k = 0; k < 2; ++k) CHECK(std::abs(y.values<float>()[k]) < 1e-30f);
        for (std::size_t k = 6; k < 8; ++k) CHECK(y.values<float>()[k] == x.values<float>()[k]);
        finite(slope);
        CHECK(slope.values<float>()[0] == 0);
        CHECK(slope.values<float>()[7] == 1);
        CHECK(std::isnan(f(Tensor(NAN)).item()));  // what went wrong before stays visible
    }
}
