#include <doctest/doctest.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::numbers;

namespace {

template <class F, class... X>
bool shares_slope(const F& f, const X&... x) {
    auto compiled = ct::compile(f);
    (void)compiled(x...);
    return ct::explain(compiled).find("map_and_slope") != std::string::npos;
}

template <class F, class X, class... More>
void check_numbers(const F& f, const X& x, const More&... more) {
    CHECK(ct::testing::largest_difference(f, x, more...) <= (x.dtype() == ct::Dtype::float64 ? 1e-14 : 2e-6));
}

/// A hidden layer: its activation's argument is kept for the way back alone.
template <class Activation>
auto layer(const Activation& activation) {
    return ct::value_and_grad([activation](const Tensor& w, const Tensor& x) {
        const Tensor hidden = activation(matmul(x, w) + 0.1);
        return mean(square(matmul(hidden, transpose(w))));
    });
}

}  // namespace

TEST_CASE("a map makes its derivative where it makes its value, and the numbers stay eager's") {
    const auto swish = [beta = 1.5](const Tensor& x) {
        return ct::map([beta](auto v) { return v * sigmoid(beta * v); }, x);
    };
    const auto branch = [](const Tensor& x) { return ct::map([](auto v) { return select(v > 0.3, exp(v), 1.0 + v); }, x); };
    for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32})
        for (const std::int64_t n : {1, 3, 20, 61, 200}) {
            CAPTURE(n);
            const Tensor w = cast(reshape(sin(numbers(n * 5) * 40), {5, n}), dtype),
                         x = cast(reshape(numbers(n * 5), {n, 5}), dtype);
            check_numbers(layer(ct::gelu), w, x);
            check_numbers(layer(swish), w, x);
            check_numbers(layer(branch), w, x);
            if (n > 1) CHECK(shares_slope(layer(ct::gelu), w, x));
            if (n > 1) CHECK(shares_slope(layer(swish), w, x));
        }
}

TEST_CASE("a map's argument that is needed anyway is kept, and nothing else") {
    const Tensor x = numbers(3000);
    const auto used_again = ct::value_and_grad([](const Tensor& v) {
        const Tensor u = v * 2.0;
        return sum(ct::gelu(u) * u);
    });
    CHECK_FALSE(shares_slope(used_again, x));
    check_numbers(used_again, x);
    const auto returned = [](const Tensor& v) {
        const Tensor u = v * 2.0;
        return std::tuple{u, ct::value_and_grad([](const Tensor& t) { return sum(ct::gelu(t)); })(u)};
    };
    CHECK_FALSE(shares_slope(returned, x));
    check_numbers(returned, x);
}

TEST_CASE("a map's derivative is not taken for that of a map with other numbers inside") {
    const auto steep = [](double by) {
        return [by](const Tensor& v) { return sum(ct::map([by](auto t) { return tanh(by * t); }, v * 2.0)); };
    };
    const auto both = [steep](const Tensor& v) { return std::tuple{steep(0.5)(v), ct::grad(steep(0.7))(v)}; };
    const Tensor x = numbers(3000);
    CHECK_FALSE(shares_slope(both, x));
    check_numbers(both, x);
}

TEST_CASE("second derivatives of a map are right where its first are made with its value") {
    const Tensor x = numbers(700), v = sin(numbers(700) * 9);
    const auto f = [](const Tensor& t) { return sum(ct::gelu(t * 1.5) * 0.5); };
    check_numbers([&f](const Tensor& a, const Tensor& b) { return ct::hvp(f, a, b); }, x, v);
}
