#include "cotangent/tensor/ops/slice.hpp"

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

// The expected values are what Python gives for list(range(6))[start:stop:step].
TEST_CASE("slice of one axis follows Python's rules") {
    const ct::Tensor x = counting({6});
    const auto of = [&](const ct::Slice& s) { return ct::slice(x, {s}).to_vector<int>(); };
    CHECK(of({}) == Ints{0, 1, 2, 3, 4, 5});
    CHECK(of({.start = 1, .stop = 4}) == Ints{1, 2, 3});
    CHECK(of({.start = -2}) == Ints{4, 5});
    CHECK(of({.stop = -4}) == Ints{0, 1});
    CHECK(of({.start = -100, .stop = 100, .step = 4}) == Ints{0, 4});
    CHECK(of({.step = -1}) == Ints{5, 4, 3, 2, 1, 0});
    CHECK(of({.start = 100, .stop = 1, .step = -2}) == Ints{5, 3});
    CHECK(of({.start = 3, .step = -2}) == Ints{3, 1});
    CHECK(of({.stop = -100, .step = -3}) == Ints{5, 2});
    CHECK(of({.start = 0, .stop = 0}) == Ints{});
    CHECK(of({.start = 4, .stop = 2}) == Ints{});
    CHECK(of({.start = 2, .stop = 4, .step = -1}) == Ints{});
    CHECK(of({.start = 6}) == Ints{});
    CHECK(ct::slice(counting({0}), {{.step = -1}}).shape() == ct::Shape{0});
}

TEST_CASE("slice of one axis agrees with counting through every start, stop and step") {
    for (int length : {0, 1, 5})
        for (int start = -7; start <= 7; ++start)
            for (int stop = -7; stop <= 7; ++stop)
                for (int step : {-3, -2, -1, 1, 2, 3}) {
                    Ints expected;
                    const auto resolved = [&](int i) {
                        if (i < 0) i += length;
                        const int low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
                        return i < low ? low : i > high ? high : i;
                    };
                    for (int i = resolved(start); step > 0 ? i < resolved(stop) : i > resolved(stop); i += step) expected.push_back(i);
                    CHECK(ct::slice(counting({length}), {{.start = start, .stop = stop, .step = step}}).to_vector<int>() == expected);
                }
}

TEST_CASE("slice takes a part of several axes") {
    const ct::Tensor x = counting({2, 3, 4});
    const ct::Tensor y = ct::slice(x, {{}, {.start = 1}, {.start = 3, .stop = 0, .step = -2}});
    CHECK(y.shape() == ct::Shape{2, 2, 2});
    CHECK(y.to_vector<int>() == Ints{7, 5, 11, 9, 19, 17, 23, 21});
}

TEST_CASE("a contiguous slice shares memory until one side is written") {
    ct::Tensor x = counting({4, 3});
    ct::Tensor y = ct::slice(x, {{.start = 1, .stop = 3}});
    CHECK(y.raw() == x.raw() + 3 * sizeof(int));
    y.mutable_values<std::int32_t>()[0] = 100;
    CHECK(x.to_vector<int>()[3] == 3);
    CHECK(y.to_vector<int>() == Ints{100, 4, 5, 6, 7, 8});
    CHECK(ct::slice(x, {{.start = 2, .stop = 3}, {.start = 1}}).raw() == x.raw() + 7 * sizeof(int));
    CHECK(ct::slice(x, {{}, {.start = 1}}).raw() != x.raw() + sizeof(int));
}

TEST_CASE("slice_axis, row and flip are slices") {
    const ct::Tensor x = counting({2, 3});
    CHECK(ct::slice_axis(x, -1, 1, 3).to_vector<int>() == Ints{1, 2, 4, 5});
    CHECK(ct::row(x, 1).shape() == ct::Shape{3});
    CHECK(ct::row(x, -1).to_vector<int>() == Ints{3, 4, 5});
    CHECK(ct::row(ct::row(x, 0), 2).item() == 2);
    CHECK(ct::flip(x, {0}).to_vector<int>() == Ints{3, 4, 5, 0, 1, 2});
    CHECK(ct::flip(x, {0, -1}).to_vector<int>() == Ints{5, 4, 3, 2, 1, 0});
}

TEST_CASE("slice, row and flip say what is wrong") {
    const ct::Tensor x = counting({2, 3});
    CHECK_THROWS_WITH_AS((void)ct::slice(x, {{}, {}, {}}), "slice: got 3 slices, expected at most 2 for shape [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::slice(x, {{}, {.step = 0}}), "slice: step of axis 1 is 0, expected another number", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::row(x, 2), "row: i is 2, expected -2 to 1 for shape [2, 3]", ct::ValueError);
    CHECK_THROWS_AS((void)ct::row(ct::Tensor(1.0), 0), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::flip(x, {2}), "flip: axis is 2, expected -2 to 1 for rank 2", ct::ShapeError);
}
