#include "cotangent/tensor/map.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("map computes what the lambda computes, on every element and in any shape") {
    const auto f = [](auto x, auto y) { return x * y + 0.5 * x; };
    for (const std::int64_t n : {1, 2, 15, 16, 17, 1000}) {
        const Tensor x = ct::linspace(-1, 1, n), y = ct::linspace(2, 3, n);
        const auto seen = ct::map(f, x, y).to_vector<float>();
        for (std::size_t k = 0; k < seen.size(); ++k)
            CHECK(seen[k] == doctest::Approx(f(x.values<float>()[k], y.values<float>()[k])));
    }
    CHECK(ct::map(f, ct::ones({2, 1}), ct::ones({3})).shape() == ct::Shape{2, 3});
    CHECK(ct::map(f, ct::ones({0, 3}), ct::ones({3})).shape() == ct::Shape{0, 3});
}

TEST_CASE("third and fourth derivatives of a map run through its ops") {
    const auto f = [](const Tensor& x) { return ct::map([](auto v) { return v * v * v * v; }, x); };
    const Tensor x = ct::full({}, 3, ct::Dtype::float64);
    const auto d3 = ct::grad(ct::grad(ct::grad(f)));
    CHECK(d3(x).item() == doctest::Approx(72));
    CHECK(ct::grad(d3)(x).item() == doctest::Approx(24));
}

TEST_CASE("a map that ignores its argument has derivative zero") {
    const auto f = [](const Tensor& x) { return ct::map([](auto v) { return v * 0.0 + 2.0; }, x); };
    CHECK(ct::grad(f)(Tensor(3.0)).item() == 0.0);
}

TEST_CASE("map refuses dtypes that differ or do not float") {
    const auto f = [](auto x, auto y) { return x + y; };
    CHECK_THROWS_AS((void)ct::map(f, ct::ones({2}), ct::ones({2}, ct::Dtype::float64)), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::map(f, ct::ones({2}, ct::Dtype::int32), ct::ones({2}, ct::Dtype::int32)), ct::DtypeError);
}
