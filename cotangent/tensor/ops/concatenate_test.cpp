#include "cotangent/tensor/ops/concatenate.hpp"

#include <vector>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"

#include <doctest/doctest.h>

namespace {

ct::Tensor counting(const ct::Shape& shape, int first = 0) {
    return ct::reshape(ct::arange(first, first + static_cast<double>(shape.size()), 1, ct::Dtype::int32), shape);
}
using Ints = std::vector<int>;

}  // namespace

TEST_CASE("concatenate joins along any axis") {
    const ct::Tensor a = counting({2, 2}), b = counting({1, 2}, 10), c = counting({2, 1}, 20);
    CHECK(ct::concatenate({a, b}).to_vector<int>() == Ints{0, 1, 2, 3, 10, 11});
    CHECK(ct::concatenate({a, c, a}, -1).to_vector<int>() == Ints{0, 1, 20, 0, 1, 2, 3, 21, 2, 3});
    CHECK(ct::concatenate({a, counting({0, 2})}).shape() == ct::Shape{2, 2});
    CHECK(ct::concatenate({a}).to_vector<int>() == Ints{0, 1, 2, 3});
}

TEST_CASE("stack makes a new axis") {
    const ct::Tensor a = counting({2}), b = counting({2}, 10);
    CHECK(ct::stack({a, b}).to_vector<int>() == Ints{0, 1, 10, 11});
    CHECK(ct::stack({a, b}, -1).to_vector<int>() == Ints{0, 10, 1, 11});
    CHECK(ct::stack({ct::Tensor(1.0), ct::Tensor(2.0), ct::Tensor(3.0)}).shape() == ct::Shape{3});
}

TEST_CASE("concatenate puts back together what split cuts") {
    const ct::Tensor x = counting({4, 6, 3});
    for (int axis : {0, 1, 2, -1}) {
        const ct::Tensor cut = ct::concatenate(ct::split(x, {1, 0, x.length(axis) - 1}, axis), axis);
        CHECK(cut.shape() == x.shape());
        CHECK(cut.to_vector<int>() == x.to_vector<int>());
    }
    const auto halves = ct::split(x, 2, 1);
    CHECK(halves.size() == 2);
    CHECK(halves[1].shape() == ct::Shape{4, 3, 3});
    CHECK(halves[1].to_vector<int>()[0] == 9);
    CHECK(ct::split(x, 2)[1].raw() == x.raw() + 36 * sizeof(int));
}

TEST_CASE("concatenate, stack and split say what is wrong") {
    const ct::Tensor a = counting({2, 3}), b = counting({3, 2});
    CHECK_THROWS_WITH_AS((void)ct::concatenate({a, b}), "concatenate: part 1 has shape [3, 2], expected [2, 3] but for axis 0",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::concatenate(std::vector<ct::Tensor>{}), ct::ShapeError);
    CHECK_THROWS_AS((void)ct::concatenate({a, ct::ones({2, 3})}), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::concatenate({ct::Tensor(1.0)}), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::stack({a, b}), "stack: part 1 has shape [3, 2], expected [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::split(a, 2, 1), "split: count is 2, expected a divisor of 3 for axis 1 of [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::split(a, {2, 2}, 1), "split: lengths are [2, 2], expected a sum of 3 for axis 1 of [2, 3]",
                         ct::ShapeError);
}
