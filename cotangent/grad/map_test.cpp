#include "cotangent/tensor/map.hpp"

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {
constexpr auto f = [](auto x, auto y) { return x * y + 0.5 * x; };
}  // namespace

TEST_CASE("map computes what the lambda computes, on every element and in any shape") {
    for (const std::int64_t n : {1, 2, 15, 16, 17, 1000}) {
        const Tensor x = ct::linspace(-1, 1, n), y = ct::linspace(2, 3, n);
        const auto seen = ct::map(f, x, y).to_vector<float>();
        for (std::size_t k = 0; k < seen.size(); ++k)
            CHECK(seen[k] == doctest::Approx(f(x.values<float>()[k], y.values<float>()[k])));
    }
    CHECK(ct::map(f, ct::ones({2, 1}), ct::ones({3})).shape() == ct::Shape{2, 3});
    CHECK(ct::map(f, ct::ones({0, 3}), ct::ones({3})).shape() == ct::Shape{0, 3});
}

TEST_CASE("map refuses dtypes that differ or do not float") {
    CHECK_THROWS_AS((void)ct::map(f, ct::ones({2}), ct::ones({2}, ct::Dtype::float64)), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::map(f, ct::ones({2}, ct::Dtype::int32), ct::ones({2}, ct::Dtype::int32)), ct::DtypeError);
}
