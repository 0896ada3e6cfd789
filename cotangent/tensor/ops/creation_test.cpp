#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Dtype, ct::Tensor;

TEST_CASE("full, zeros and ones have every dtype") {
    for (const Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::bfloat16, Dtype::int32, Dtype::int64, Dtype::uint8, Dtype::boolean}) {
        CHECK(ct::full({2, 3}, 1, dtype).to_vector<double>() == std::vector<double>(6, 1.0));
        CHECK(ct::zeros_like(ct::ones({4}, dtype)).dtype() == dtype);
        CHECK(ct::zeros({4}, dtype).to_vector<double>() == std::vector<double>(4, 0.0));
    }
}

TEST_CASE("arange and linspace are what NumPy gives") {
    CHECK(ct::arange(0, 5, 2).to_vector<double>() == std::vector<double>{0, 2, 4});
    CHECK(ct::arange(3, 0, -1, Dtype::int32).to_vector<int>() == std::vector<int>{3, 2, 1});
    CHECK(ct::arange(5, 0).size() == 0);
    CHECK(ct::linspace(0, 1, 5, Dtype::float64).to_vector<double>() == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
    CHECK(ct::linspace(2, 3, 1).to_vector<double>() == std::vector<double>{2});
    CHECK(ct::linspace(0, 0.3, 4, Dtype::float64).values<double>()[3] == 0.3);
    CHECK(ct::eye(2).to_vector<double>() == std::vector<double>{1, 0, 0, 1});
}

TEST_CASE("creation refuses what makes no sense") {
    CHECK_THROWS_AS((void)ct::arange(0, 1, 0), ct::ValueError);
    CHECK_THROWS_AS((void)ct::linspace(0, 1, -1), ct::ValueError);
    CHECK_THROWS_AS((void)ct::zeros({-1}), ct::ShapeError);
}

TEST_CASE("cast rounds floats, truncates to integers and asks bool for non-zero") {
    const Tensor x = Tensor::of<double>({-1.7, 0.0, 2.9});
    CHECK(ct::cast(x, Dtype::int32).to_vector<int>() == std::vector<int>{-1, 0, 2});
    CHECK(ct::cast(x, Dtype::boolean).to_vector<int>() == std::vector<int>{1, 0, 1});
    CHECK(ct::cast(x, Dtype::float32).values<float>()[0] == -1.7F);
    CHECK(ct::cast(Tensor::of<float>({1.00390625F}), Dtype::bfloat16).to_vector<double>()[0] == 1.0);  // ties to even
    CHECK(ct::cast(x, Dtype::float64).raw() == x.raw());
}

TEST_CASE("broadcast_to repeats and sum_to is its transpose") {
    const Tensor x = Tensor::of<float>({1, 2, 3});
    const Tensor wide = ct::broadcast_to(x, {2, 3});
    CHECK(wide.to_vector<double>() == std::vector<double>{1, 2, 3, 1, 2, 3});
    CHECK(ct::sum_to(wide, {3}).to_vector<double>() == std::vector<double>{2, 4, 6});
    CHECK(ct::sum_to(wide, {2, 1}).to_vector<double>() == std::vector<double>{6, 6});
    CHECK_THROWS_WITH_AS((void)ct::broadcast_to(x, {2, 4}), "broadcast_to: shape [3] does not broadcast to [2, 4]", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::sum_to(x, {2}), ct::ShapeError);
}

TEST_CASE("sizes that memory cannot hold are refused") {
    const std::int64_t large = std::int64_t{1} << 32;
    CHECK_THROWS_WITH_AS((void)ct::zeros({large, large}),
                         "Shape: [4294967296, 4294967296] has more elements than can be addressed, expected at most 2^59",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::broadcast_to(Tensor(1.0), {large, large}), ct::ShapeError);
    CHECK_THROWS_AS((void)ct::arange(0, 1, 1e-20), ct::ValueError);
    CHECK_THROWS_AS((void)ct::arange(0, 1e19), ct::ValueError);
}
