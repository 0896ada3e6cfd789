#include "cotangent/tensor/ops/extrema.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

template <class F>
std::vector<std::vector<double>> slopes(const F& f, const std::vector<ct::Tensor>& x) {
    std::vector<ct::Tensor> variables;
    ct::Tensor y;
    {
        const ct::detail::Differentiating differentiating;
        for (const ct::Tensor& tensor : x) variables.push_back(ct::detail::watch(tensor));
        y = f(variables);
    }
    std::vector<std::vector<double>> result;
    for (const ct::Tensor& slope : ct::detail::pull({{y}}, {{ct::ones_like(y)}}, variables))
        result.push_back(slope.to_vector<double>());
    return result;
}

}  // namespace

TEST_CASE("maximum and minimum take the larger and the smaller element") {
    const ct::Tensor a = ct::Tensor::of<float>({-1, 2, 5}), b = ct::Tensor::of<float>({3, 2, -4});
    CHECK(ct::maximum(a, b).to_vector<int>() == std::vector{3, 2, 5});
    CHECK(ct::minimum(a, b).to_vector<int>() == std::vector{-1, 2, -4});
    CHECK(ct::maximum(a, 0.0).to_vector<int>() == std::vector{0, 2, 5});
    CHECK(ct::minimum(1.0, a).to_vector<int>() == std::vector{-1, 1, 1});
    const ct::Tensor i = ct::Tensor::of<std::int64_t>({std::int64_t{1} << 60, -3});
    CHECK(ct::maximum(i, ct::Tensor::of<std::int64_t>({0})).to_vector<std::int64_t>() ==
          std::vector{std::int64_t{1} << 60, std::int64_t{0}});
}

TEST_CASE("maximum, minimum and clip keep a NaN, whichever side it is on") {
    const double nan = std::nan("");
    const ct::Tensor a = ct::Tensor::of<double>({nan, 1, nan}), b = ct::Tensor::of<double>({1, nan, nan});
    for (const double value : ct::maximum(a, b).to_vector<double>()) CHECK(std::isnan(value));
    for (const double value : ct::minimum(a, b).to_vector<double>()) CHECK(std::isnan(value));
    CHECK(std::isnan(ct::clip(ct::Tensor(nan), 0, 1).item()));
}

TEST_CASE("clip moves into its bounds, which may lie outside an integer's range") {
    CHECK(ct::clip(ct::Tensor::of<float>({-3, 0.5, 9}), 0, 1).to_vector<double>() == std::vector{0.0, 0.5, 1.0});
    CHECK(ct::clip(ct::Tensor::of<std::uint8_t>({0, 100, 255}), -5, 300).to_vector<int>() == std::vector{0, 100, 255});
    CHECK(ct::clip(ct::Tensor::of<std::int32_t>({-50, 3, 50}), -10, 10).to_vector<int>() == std::vector{-10, 3, 10});
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(ct::clip(ct::Tensor::of<float>({-3, 9}), 0, infinity).to_vector<int>() == std::vector{0, 9});
}

TEST_CASE("equal arguments of maximum and minimum share the derivative") {
    const std::vector<ct::Tensor> x{ct::Tensor::of<double>({1, 2, 3}), ct::Tensor::of<double>({2, 2, 2})};
    const auto larger = slopes([](const auto& v) { return ct::maximum(v[0], v[1]); }, x);
    CHECK(larger[0] == std::vector{0.0, 0.5, 1.0});
    CHECK(larger[1] == std::vector{1.0, 0.5, 0.0});
    const auto smaller = slopes([](const auto& v) { return ct::minimum(v[0], v[1]); }, x);
    CHECK(smaller[0] == std::vector{1.0, 0.5, 0.0});
    CHECK(smaller[1] == std::vector{0.0, 0.5, 1.0});
}

TEST_CASE("clip passes the derivative inside and at its bounds") {
    const std::vector<ct::Tensor> x{ct::Tensor::of<double>({-1, 0, 0.5, 1, 2})};
    CHECK(slopes([](const auto& v) { return ct::clip(v[0], 0, 1); }, x)[0] == std::vector{0.0, 1.0, 1.0, 1.0, 0.0});
}

TEST_CASE("maximum and clip name what is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::maximum(ct::ones({2}), ct::ones({2}, ct::Dtype::float64)),
                         "maximum: dtypes are float32 and float64, expected the same; use cast()", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::clip(ct::ones({2}), 2, 1), "clip: low is 2 and high is 1, expected low <= high",
                         ct::ValueError);
}
