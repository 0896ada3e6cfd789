#include "cotangent/tensor/ops/pad.hpp"

#include <vector>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"

#include <doctest/doctest.h>

namespace {

ct::Tensor counting(const ct::Shape& shape) {
    return ct::reshape(ct::arange(0, static_cast<double>(shape.size()), 1, ct::Dtype::int32), shape);
}
using Ints = std::vector<int>;

}  // namespace

// Expected values from numpy.pad, numpy.tile and numpy.repeat.
TEST_CASE("pad puts a border of one value around x") {
    const ct::Tensor x = counting({2, 2});
    CHECK(ct::pad(x, {{}, {1, 2}}, 7).to_vector<int>() == Ints{7, 0, 1, 7, 7, 7, 2, 3, 7, 7});
    CHECK(ct::pad(x, {{1, 0}}).to_vector<int>() == Ints{0, 0, 0, 1, 2, 3});
    CHECK(ct::pad(x, {{0, 0}}).raw() == x.raw());
    CHECK(ct::pad(counting({0, 2}), {{1, 1}}, 5).to_vector<int>() == Ints{5, 5, 5, 5});
}

TEST_CASE("tile repeats the whole of x") {
    const ct::Tensor x = counting({2, 2});
    CHECK(ct::tile(x, {2}).to_vector<int>() == Ints{0, 1, 0, 1, 2, 3, 2, 3});
    CHECK(ct::tile(x, {2, 1}).to_vector<int>() == Ints{0, 1, 2, 3, 0, 1, 2, 3});
    CHECK(ct::tile(x, {2, 1, 2}).shape() == ct::Shape{2, 2, 4});
    CHECK(ct::tile(x, {2, 1, 2}).to_vector<int>() == Ints{0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3});
    CHECK(ct::tile(x, {0, 1}).shape() == ct::Shape{0, 2});
    CHECK(ct::tile(ct::full({1, 2}, 1), {1, 1}).shape() == ct::Shape{1, 2});
}

TEST_CASE("repeat repeats each element") {
    const ct::Tensor x = counting({2, 2});
    CHECK(ct::repeat(x, 2, 0).to_vector<int>() == Ints{0, 1, 0, 1, 2, 3, 2, 3});
    CHECK(ct::repeat(x, 3, -1).to_vector<int>() == Ints{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3});
    CHECK(ct::repeat(x, 0, 0).shape() == ct::Shape{0, 2});
}

TEST_CASE("pad, tile and repeat say what is wrong") {
    const ct::Tensor x = counting({2, 2});
    CHECK_THROWS_WITH_AS((void)ct::pad(x, {{}, {-1, 0}}), "pad: border of axis 1 is (-1, 0), expected 0 or more", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::pad(x, {{}, {}, {}}), "pad: got 3 borders, expected at most 2 for shape [2, 2]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::repeat(x, -1, 0), "repeat: count is -1, expected 0 or more", ct::ValueError);
    CHECK_THROWS_AS((void)ct::tile(x, {-1, 1}), ct::ValueError);
    CHECK_THROWS_AS((void)ct::repeat(x, 2, 2), ct::ShapeError);
}
