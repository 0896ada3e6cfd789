#include "cotangent/tensor/ops/rounding.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

TEST_CASE("floor rounds down, sign is -1, 0 or 1, abs drops the sign") {
    const ct::Tensor x = ct::Tensor::of<double>({-2.5, -1, -0.0, 0, 0.5, 3.999, 1e300, -1e300});
    CHECK(ct::floor(x).to_vector<double>() == std::vector{-3.0, -1.0, 0.0, 0.0, 0.0, 3.0, 1e300, -1e300});
    CHECK(ct::sign(x).to_vector<double>() == std::vector{-1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 1.0, -1.0});
    CHECK(ct::abs(x).to_vector<double>() == std::vector{2.5, 1.0, 0.0, 0.0, 0.5, 3.999, 1e300, 1e300});
    CHECK_FALSE(std::signbit(ct::abs(ct::Tensor(-0.0)).item()));
    for (const auto op : {ct::floor, ct::sign, ct::abs}) CHECK(std::isnan(op(ct::Tensor(std::nan(""))).item()));
}

TEST_CASE("floor, sign and abs take integers") {
    const ct::Tensor x = ct::Tensor::of<std::int32_t>({-7, 0, 5});
    CHECK(ct::floor(x).to_vector<int>() == std::vector{-7, 0, 5});
    CHECK(ct::sign(x).to_vector<int>() == std::vector{-1, 0, 1});
    CHECK(ct::abs(x).to_vector<int>() == std::vector{7, 0, 5});
    CHECK(ct::sign(ct::Tensor::of<std::uint8_t>({0, 200})).to_vector<int>() == std::vector{0, 1});
    CHECK(ct::abs(ct::Tensor::of<std::uint8_t>({0, 200})).to_vector<int>() == std::vector{0, 200});
}

TEST_CASE("the derivative of floor and sign is 0, that of abs is 0 at its kink") {
    const ct::Tensor x = ct::Tensor::of<double>({-1.5, 0.0, 2.0});
    const auto slope = [&](ct::Tensor (*op)(const ct::Tensor&)) {
        ct::Tensor variable, y;
        {
            const ct::detail::Differentiating differentiating;
            variable = ct::detail::watch(x);
            y = op(variable);
        }
        return ct::detail::pull({{y}}, {{ct::ones_like(x)}}, {{variable}})[0].to_vector<double>();
    };
    CHECK(slope(ct::floor) == std::vector{0.0, 0.0, 0.0});
    CHECK(slope(ct::sign) == std::vector{0.0, 0.0, 0.0});
    CHECK(slope(ct::abs) == std::vector{-1.0, 0.0, 1.0});
}

TEST_CASE("abs names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::abs(ct::Tensor::of<bool>({true})), "abs: dtype is bool, expected a numeric dtype",
                         ct::DtypeError);
}
