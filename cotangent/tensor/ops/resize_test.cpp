#include "cotangent/tensor/ops/resize.hpp"

#include <cmath>

#include "cotangent/tensor/ops.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

// PyTorch: F.interpolate(x, size=(3, 10), mode=..., align_corners=False) of (37 i) mod 23, i = 0 .. 41, as [1, 1, 6, 7].
TEST_CASE("resize gives PyTorch's values") {
    std::vector<double> values;
    for (int i = 0; i < 42; ++i) values.push_back(i * 37 % 23);
    const auto x = ct::Tensor::from(values, {1, 1, 6, 7});
    const std::vector<double> bilinear{3.0,   10.7,  14.75, 8.45,   9.625,  11.375, 12.55, 6.25, 10.3, 18.0,  15.0,  10.05, 6.625,  8.375,  10.125,
                                       11.875, 13.625, 15.375, 11.95, 7.0,    4.0,    11.7,  15.75, 9.45, 10.625, 12.375, 13.55, 7.25, 11.3,   19.0};
    const auto seen = ct::resize(x, 3, 10).to_vector<double>();
    REQUIRE(seen.size() == bilinear.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(std::abs(seen[i] - bilinear[i]) < 1e-12);
    CHECK(ct::resize(x, 3, 10, ct::Interpolation::nearest).to_vector<int>() ==
          std::vector{0, 0, 14, 5, 5, 19, 10, 10, 1, 15, 12, 12, 3, 17, 17, 8, 22, 22, 13, 4, 1, 1, 15, 6, 6, 20, 11, 11, 2, 16});
}

TEST_CASE("resize to the same size changes nothing, and constants stay constant") {
    const auto x = ct::reshape(ct::arange(0, 24), {1, 2, 3, 4});
    for (const auto how : {ct::Interpolation::nearest, ct::Interpolation::bilinear}) {
        CHECK(ct::resize(x, 3, 4, how).to_vector<float>() == x.to_vector<float>());
        for (const float value : ct::resize(ct::full({2, 1, 5, 3}, 0.75), 9, 2, how).to_vector<float>())
            CHECK(value == doctest::Approx(0.75f).epsilon(1e-6));
    }
}

TEST_CASE("resize names what does not fit") {
    CHECK_THROWS_WITH_AS((void)ct::resize(ct::ones({3, 4}), 2, 2), "resize: images have shape [3, 4], expected [N, C, H, W] with sides of at least 1",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::resize(ct::ones({1, 1, 3, 4}), 0, 2), "resize: size is 0 x 2, expected at least 1", ct::ValueError);
    CHECK_THROWS_AS((void)ct::resize(ct::ones({1, 1, 3, 4}, ct::Dtype::uint8), 2, 2), ct::DtypeError);
}

TEST_CASE("a pixel that has no share adds nothing, be it infinite") {
    const ct::Tensor x = ct::reshape(ct::Tensor::of<float>({INFINITY, 1, -INFINITY, 2}), {1, 1, 2, 2});
    CHECK(ct::resize(x, 2, 2, ct::Interpolation::nearest).to_vector<float>() == x.to_vector<float>());
    CHECK(ct::resize(x, 2, 2, ct::Interpolation::bilinear).to_vector<float>() == x.to_vector<float>());
}
