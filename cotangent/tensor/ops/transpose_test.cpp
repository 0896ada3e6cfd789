#include "cotangent/tensor/ops/transpose.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"

#include <doctest/doctest.h>

namespace {

ct::Tensor counting(const ct::Shape& shape, ct::Dtype dtype = ct::Dtype::int32) {
    return ct::reshape(ct::arange(0, static_cast<double>(shape.size()), 1, dtype), shape);
}

/// What transpose() should give, one element at a time.
std::vector<double> by_index(const ct::Tensor& x, const std::vector<int>& axes) {
    const auto values = x.to_vector<double>();
    const ct::Shape strides = ct::strides_of(x.shape());
    ct::Shape shape = x.shape();
    for (int k = 0; k < x.rank(); ++k) shape[k] = x.shape()[axes[static_cast<std::size_t>(k)]];
    std::vector<double> result;
    for (std::int64_t i = 0; i < shape.size(); ++i) {
        std::int64_t left = i, from = 0;
        for (int k = shape.rank() - 1; k >= 0; --k) {
            from += left % shape[k] * strides[axes[static_cast<std::size_t>(k)]];
            left /= shape[k];
        }
        result.push_back(values[static_cast<std::size_t>(from)]);
    }
    return result;
}

}  // namespace

TEST_CASE("transpose reverses all axes unless told otherwise") {
    const ct::Tensor x = ct::Tensor::of<float>({{1, 2, 3}, {4, 5, 6}});
    CHECK(ct::transpose(x).shape() == ct::Shape{3, 2});
    CHECK(ct::transpose(x).to_vector<float>() == std::vector<float>{1, 4, 2, 5, 3, 6});
    CHECK(ct::transpose(counting({2, 3, 4})).shape() == ct::Shape{4, 3, 2});
    CHECK(ct::transpose(ct::Tensor(3.0)).item() == 3);
}

TEST_CASE("transpose puts every element of a random shape and order in its place") {
    for (unsigned seed = 0; seed < 64; ++seed) {
        std::mt19937 engine(seed);
        const int rank = 1 + static_cast<int>(engine() % 5);
        std::vector<int> axes(static_cast<std::size_t>(rank));
        std::iota(axes.begin(), axes.end(), 0);
        std::shuffle(axes.begin(), axes.end(), engine);
        ct::Shape shape;
        for (int k = 0; k < rank; ++k) shape.push_back(static_cast<std::int64_t>(engine() % (rank < 3 ? 90 : 8)));
        const ct::Dtype dtypes[] = {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::int32, ct::Dtype::int64, ct::Dtype::uint8};
        const ct::Tensor x = ct::cast(counting(shape), dtypes[seed % 5]);
        CAPTURE(seed);
        CHECK(ct::transpose(x, axes).to_vector<double>() == by_index(x, axes));
    }
}

TEST_CASE("transpose of matrices larger than a tile and a block agrees with the definition for every element size") {
    for (const ct::Dtype dtype : {ct::Dtype::uint8, ct::Dtype::bfloat16, ct::Dtype::float32, ct::Dtype::float64})
        for (const ct::Shape& shape : {ct::Shape{64, 64}, ct::Shape{67, 130}, ct::Shape{5, 700}, ct::Shape{300, 257}}) {
            const ct::Tensor x = ct::cast(counting(shape), dtype);
            CHECK(ct::transpose(x).to_vector<double>() == by_index(x, {1, 0}));
        }
}

TEST_CASE("transpose that moves only axes of length 1 shares memory") {
    const ct::Tensor x = counting({2, 1, 3});
    const ct::Tensor y = ct::transpose(x, {1, 0, 2});
    CHECK(y.shape() == ct::Shape{1, 2, 3});
    CHECK(y.raw() == x.raw());
}

TEST_CASE("swap_axes and move_axis are transpositions") {
    const ct::Tensor x = counting({2, 3, 4, 5});
    CHECK(ct::swap_axes(x, -1, -2).to_vector<int>() == ct::transpose(x, {0, 1, 3, 2}).to_vector<int>());
    CHECK(ct::swap_axes(x, 1, 2).to_vector<int>() == ct::transpose(x, {0, 2, 1, 3}).to_vector<int>());
    CHECK(ct::move_axis(x, 1, -1).shape() == ct::Shape{2, 4, 5, 3});
    CHECK(ct::move_axis(x, -1, 1).to_vector<int>() == ct::transpose(x, {0, 3, 1, 2}).to_vector<int>());
}

TEST_CASE("transpose names the axes that are wrong") {
    const ct::Tensor x = counting({2, 3});
    CHECK_THROWS_WITH_AS((void)ct::transpose(x, {0, 0}), "transpose: axes are [0, 0], expected each axis once for shape [2, 3]",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::transpose(x, {0}), ct::ShapeError);
    CHECK_THROWS_AS((void)ct::transpose(x, {0, 2}), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::swap_axes(x, 0, 2), "swap_axes: axis is 2, expected -2 to 1 for rank 2", ct::ShapeError);
}
