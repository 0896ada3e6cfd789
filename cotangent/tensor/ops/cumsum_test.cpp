#include "cotangent/tensor/ops/cumsum.hpp"

#include <vector>

#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

TEST_CASE("cumsum adds along any axis, from either end, with or without the element itself") {
    using Ints = std::vector<int>;
    const ct::Tensor x = ct::Tensor::of<double>({{1, 2, 3}, {10, 20, 30}});
    CHECK(ct::cumsum(x).to_vector<int>() == Ints{1, 2, 3, 11, 22, 33});
    CHECK(ct::cumsum(x, {.axis = 1}).to_vector<int>() == Ints{1, 3, 6, 10, 30, 60});
    CHECK(ct::cumsum(x, {.axis = -1, .reverse = true}).to_vector<int>() == Ints{6, 5, 3, 60, 50, 30});
    CHECK(ct::cumsum(x, {.axis = 1, .exclusive = true}).to_vector<int>() == Ints{0, 1, 3, 0, 10, 30});
    CHECK(ct::cumsum(x, {.axis = 1, .reverse = true, .exclusive = true}).to_vector<int>() == Ints{5, 3, 0, 50, 30, 0});
}

TEST_CASE("cumsum of integers and bool is int64, that of float32 is accumulated in float64") {
    CHECK(ct::cumsum(ct::Tensor::of<bool>({true, true})).dtype() == ct::Dtype::int64);
    CHECK(ct::cumsum(ct::Tensor::of<std::uint8_t>({200, 200})).to_vector<int>() == std::vector<int>{200, 400});
    const ct::Tensor sums = ct::cumsum(ct::full({200000, 1}, 0.1));
    CHECK(sums.values<float>()[199999] == static_cast<float>(200000 * static_cast<double>(0.1f)));
    CHECK(ct::cumsum(ct::ones({3, 200})).values<float>()[599] == 3);
}

TEST_CASE("cumsum of nothing is nothing, and of a scalar an error") {
    CHECK(ct::cumsum(ct::zeros({0, 3})).shape() == ct::Shape{0, 3});
    CHECK(ct::cumsum(ct::zeros({3, 0})).shape() == ct::Shape{3, 0});
    CHECK_THROWS_WITH_AS((void)ct::cumsum(ct::zeros({2}), {.axis = 1}), "cumsum: axis is 1, expected -1 to 0 for rank 1", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::cumsum(ct::Tensor(1.0)), ct::ShapeError);
}
