#include "cotangent/tensor/shape.hpp"

#include <vector>

#include "cotangent/tensor/error.hpp"

#include <doctest/doctest.h>

TEST_CASE("a shape holds up to 8 lengths") {
    const ct::Shape shape{2, 3, 4};
    CHECK(shape.rank() == 3);
    CHECK(shape.size() == 24);
    CHECK(shape.back() == 4);
    CHECK(ct::to_string(shape) == "[2, 3, 4]");
    CHECK(ct::Shape{}.size() == 1);
    CHECK(ct::to_string(ct::Shape{}) == "[]");
    CHECK(ct::Shape{3, 0}.size() == 0);
    CHECK(ct::Shape{1, 1, 1, 1, 1, 1, 1, 1}.rank() == 8);
}

TEST_CASE("axes can be put in and taken out") {
    ct::Shape shape{2, 4};
    shape.insert(1, 3);
    CHECK(shape == ct::Shape{2, 3, 4});
    shape.push_back(5);
    shape.erase(0);
    CHECK(shape == ct::Shape{3, 4, 5});
    CHECK(shape != ct::Shape{3, 4});
    CHECK(shape != ct::Shape{3, 4, 6});
    CHECK(ct::strides_of(shape) == ct::Shape{20, 5, 1});
}

TEST_CASE("axis_of counts negative axes from the last") {
    CHECK(ct::axis_of("op", 1, 3) == 1);
    CHECK(ct::axis_of("op", -1, 3) == 2);
    CHECK(ct::axis_of("op", -3, 3) == 0);
    CHECK_THROWS_WITH_AS((void)ct::axis_of("op", 3, 3), "op: axis is 3, expected -3 to 2 for rank 3", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::axis_of("op", -1, 0), "op: axis is -1, expected 0 to -1 for rank 0", ct::ShapeError);
}

TEST_CASE("broadcast follows NumPy's rules") {
    CHECK(ct::broadcast("op", {2, 3}, {3}) == ct::Shape{2, 3});
    CHECK(ct::broadcast("op", {2, 1}, {1, 3}) == ct::Shape{2, 3});
    CHECK(ct::broadcast("op", {}, {4}) == ct::Shape{4});
    CHECK(ct::broadcast("op", {0}, {1}) == ct::Shape{0});
    CHECK(ct::broadcast("op", {5, 1, 2}, {3, 1}) == ct::Shape{5, 3, 2});
    CHECK_THROWS_WITH_AS((void)ct::broadcast("op", {2, 3}, {4}), "op: shapes [2, 3] and [4] do not broadcast: axis 1 has 3 and 4",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::broadcast("op", {4}, {2, 3}), "op: shapes [4] and [2, 3] do not broadcast: axis 1 has 4 and 3",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::broadcast("op", {0}, {2}), ct::ShapeError);
}

TEST_CASE("a shape says what is wrong") {
    CHECK_THROWS_WITH_AS((void)(ct::Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), "Shape: has 9 axes, expected at most 8", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)(ct::Shape{2, -1}), "Shape: has a negative length in [2, -1]", ct::ShapeError);
    ct::Shape full{1, 1, 1, 1, 1, 1, 1, 1};
    CHECK_THROWS_AS(full.push_back(1), ct::ShapeError);
}
