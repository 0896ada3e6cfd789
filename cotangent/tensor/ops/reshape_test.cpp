#include "cotangent/tensor/ops/reshape.hpp"

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Shape, ct::Tensor;

TEST_CASE("reshape shares memory, keeps the order of elements and finds a -1") {
    const Tensor x = ct::arange(0, 12);
    const Tensor y = ct::reshape(x, {3, -1});
    CHECK(y.shape() == Shape{3, 4});
    CHECK(y.raw() == x.raw());
    CHECK(ct::reshape(y, {2, 2, 3}).to_vector<float>() == x.to_vector<float>());
    CHECK(ct::flatten(ct::reshape(x, {2, 2, 3})).shape() == Shape{2, 6});
    CHECK(ct::flatten(ct::zeros({0, 3})).shape() == Shape{0, 0});
}

TEST_CASE("expand_dims and squeeze undo each other") {
    const Tensor x = ct::ones({2, 3});
    CHECK(ct::expand_dims(x, 1).shape() == Shape{2, 1, 3});
    CHECK(ct::expand_dims(x, -1).shape() == Shape{2, 3, 1});
    CHECK(ct::squeeze(ct::expand_dims(x, 0), 0).shape() == x.shape());
    CHECK(ct::squeeze(ct::ones({1, 2, 1})).shape() == Shape{2});
}

TEST_CASE("reshape and squeeze name the shape that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::reshape(ct::ones({2, 3}), {4}), "reshape: x has 6 elements in [2, 3], expected 4 for [4]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::reshape(ct::ones({2, 3}), {-1, -1}), "reshape: shape is [-1, -1], expected at most one -1",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::squeeze(ct::ones({2, 3}), 0), "squeeze: axis 0 of [2, 3] has length 2, expected 1",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::flatten(Tensor(1.0)), ct::ShapeError);
}
