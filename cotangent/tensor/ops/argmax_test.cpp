#include "cotangent/tensor/ops/argmax.hpp"

#include <limits>
#include <vector>

#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

namespace {

using Ints = std::vector<int>;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

// NumPy 2.4.6: numpy.argmax and numpy.argmin of the same array.
TEST_CASE("argmax and argmin find the first best along any axis") {
    const ct::Tensor x = ct::Tensor::from(std::vector<float>{3, 1, 3, 0, 5, 5, 2, 1, 2, 2, 4, -1}, {2, 3, 2});
    CHECK(ct::argmax(x, {.axis = 1}).to_vector<int>() == Ints{2, 2, 2, 1});
    CHECK(ct::argmax(x, {.axis = 0}).to_vector<int>() == Ints{0, 0, 0, 1, 0, 0});
    CHECK(ct::argmax(x).to_vector<int>() == Ints{0, 0, 0, 0, 0, 0});
    CHECK(ct::argmin(x, {.axis = 1}).to_vector<int>() == Ints{0, 1, 0, 2});
    CHECK(ct::argmin(x, {.axis = -1}).to_vector<int>() == Ints{1, 1, 0, 1, 0, 1});
    CHECK(ct::argmax(x).dtype() == ct::Dtype::int64);
    CHECK(ct::argmax(x, {.axis = 1, .keep_axis = true}).shape() == ct::Shape{2, 1, 2});
}

TEST_CASE("argmax and argmin stop at the first NaN") {
    const ct::Tensor x = ct::Tensor::of<double>({{1, not_a_number, 3, not_a_number}, {not_a_number, 1, 9, -9}});
    CHECK(ct::argmax(x).to_vector<int>() == Ints{1, 0});
    CHECK(ct::argmin(x).to_vector<int>() == Ints{1, 0});
    CHECK(ct::argmax(x, {.axis = 0}).to_vector<int>() == Ints{1, 0, 1, 0});
}

TEST_CASE("argmax takes every dtype") {
    CHECK(ct::argmax(ct::Tensor::of<std::uint8_t>({3, 200, 100})).item() == 1);
    CHECK(ct::argmax(ct::Tensor::of<bool>({{false, true}})).item() == 1);
    CHECK(ct::argmin(ct::Tensor::of<ct::BFloat16>({ct::BFloat16(1.f), ct::BFloat16(-2.f)})).item() == 1);
}

TEST_CASE("argmax says what is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::argmax(ct::zeros({2, 0})), "argmax: axis 1 of [2, 0] has length 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_AS((void)ct::argmin(ct::zeros({2}), {.axis = 1}), ct::ShapeError);
    CHECK(ct::argmax(ct::zeros({0, 2})).shape() == ct::Shape{0});
}

TEST_CASE("argmax and argmin over all elements count in row-major order") {
    const ct::Tensor x = ct::Tensor::of<float>({{1, 7, 3}, {7, -2, 0}});
    CHECK(ct::argmax(x, {.axis = std::nullopt}).shape() == ct::Shape{});
    CHECK(ct::argmax(x, {.axis = std::nullopt}).item() == 1);
    CHECK(ct::argmin(x, {.axis = std::nullopt}).item() == 4);
    CHECK(ct::argmin(x, {.axis = std::nullopt, .keep_axis = true}).shape() == ct::Shape{1, 1});
    CHECK_THROWS_AS((void)ct::argmax(ct::zeros({0, 3}), {.axis = std::nullopt}), ct::ValueError);
}
