#include "cotangent/tensor/ops/where.hpp"

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

TEST_CASE("where chooses elementwise and broadcasts all three arguments") {
    const ct::Tensor condition = ct::Tensor::of<bool>({{true}, {false}});
    const ct::Tensor chosen = ct::where(condition, ct::Tensor::of<float>({1, 2, 3}), ct::Tensor::of<float>({{-1}, {-2}}));
    CHECK(chosen.shape() == ct::Shape{2, 3});
    CHECK(chosen.to_vector<int>() == std::vector{1, 2, 3, -2, -2, -2});
    CHECK(ct::where(condition, ct::Tensor::of<std::int64_t>({7}), -1.0).to_vector<int>() == std::vector{7, -1});
    CHECK(ct::where(condition, 2.0, ct::Tensor::of<std::uint8_t>({7})).to_vector<int>() == std::vector{2, 7});
    CHECK(ct::where(condition, ct::Tensor::of<bool>({true}), ct::Tensor::of<bool>({false})).to_vector<bool>() ==
          std::vector{true, false});
    CHECK(ct::where(condition, ct::zeros({2, 0}), ct::zeros({2, 0})).shape() == ct::Shape{2, 0});
}

TEST_CASE("a lambda written with select runs on numbers and on tensors") {
    const auto leaky = [](auto x) { return select(x > 0, x, 0.5 * x); };
    using ct::select;
    const auto leaky_number = [](double x) { return select(x > 0, x, 0.5 * x); };
    CHECK(leaky(ct::Tensor::of<double>({-2, 3})).to_vector<double>() == std::vector{leaky_number(-2), leaky_number(3)});
}

TEST_CASE("the derivative of where follows the choice, broadcasting included") {
    const ct::Tensor condition = ct::Tensor::of<bool>({{true, false, true}, {false, false, true}});
    ct::Tensor a, b, y;
    {
        const ct::detail::Differentiating differentiating;
        a = ct::detail::watch(ct::Tensor::of<double>({1, 2, 3}));
        b = ct::detail::watch(ct::Tensor::of<double>({{4}, {5}}));
        y = ct::where(condition, a, b);
    }
    const auto slopes = ct::detail::pull({{y}}, {{ct::ones_like(y)}}, {{a, b}});
    CHECK(slopes[0].to_vector<int>() == std::vector{1, 0, 2});
    CHECK(slopes[1].to_vector<int>() == std::vector{1, 2});
}

TEST_CASE("where names the dtype that is wrong") {
    const ct::Tensor x = ct::ones({2});
    CHECK_THROWS_WITH_AS((void)ct::where(x, x, x), "where: dtype is float32, expected bool for the condition",
                         ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::where(x > 0, x, ct::ones({2}, ct::Dtype::int32)),
                         "where: dtypes are float32 and int32, expected the same; use cast()", ct::DtypeError);
}
