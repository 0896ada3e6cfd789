#include "cotangent/tensor/ops/compare.hpp"

#include <cmath>

#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;
using Bools = std::vector<bool>;

TEST_CASE("comparisons hold as they do for numbers, in every dtype") {
    for (const auto dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16, ct::Dtype::int32, ct::Dtype::int64,
                             ct::Dtype::uint8}) {
        CAPTURE(ct::name(dtype));
        const ct::Tensor a = ct::cast(ct::Tensor::of<double>({1, 2, 3}), dtype),
                         b = ct::cast(ct::Tensor::of<double>({2, 2, 2}), dtype);
        CHECK(ct::equal(a, b).to_vector<bool>() == Bools{false, true, false});
        CHECK(ct::not_equal(a, b).to_vector<bool>() == Bools{true, false, true});
        CHECK((a < b).to_vector<bool>() == Bools{true, false, false});
        CHECK((a <= b).to_vector<bool>() == Bools{true, true, false});
        CHECK((a > b).to_vector<bool>() == Bools{false, false, true});
        CHECK((a >= b).to_vector<bool>() == Bools{false, true, true});
        CHECK((a < 2).to_vector<bool>() == Bools{true, false, false});
        CHECK((a <= 2).to_vector<bool>() == Bools{true, true, false});
        CHECK((a > 2).to_vector<bool>() == Bools{false, false, true});
        CHECK((a >= 2).to_vector<bool>() == Bools{false, true, true});
        CHECK((2 < a).to_vector<bool>() == Bools{false, false, true});
        CHECK((2 <= a).to_vector<bool>() == Bools{false, true, true});
        CHECK((2 > a).to_vector<bool>() == Bools{true, false, false});
        CHECK((2 >= a).to_vector<bool>() == Bools{true, true, false});
        CHECK(ct::equal(a, 3).to_vector<bool>() == Bools{false, false, true});
        CHECK(ct::not_equal(a, 3).to_vector<bool>() == Bools{true, true, false});
    }
    const ct::Tensor p = ct::Tensor::of<bool>({false, true}), q = ct::Tensor::of<bool>({true, true});
    CHECK(ct::equal(p, q).to_vector<bool>() == Bools{false, true});
    CHECK(ct::less(p, q).to_vector<bool>() == Bools{true, false});
}

TEST_CASE("a NaN is unequal to everything and never less or greater") {
    const ct::Tensor nan = ct::Tensor::of<double>({std::nan("")});
    for (const ct::Tensor& holds : {nan<nan, nan <= nan, nan> nan, nan >= nan, nan < 1, nan >= 1, 1 < nan})
        CHECK(holds.item() == 0);
    CHECK_FALSE(ct::equal(nan, nan).item() != 0);
    CHECK(ct::not_equal(nan, nan).item() == 1);
}

TEST_CASE("a number is not truncated to the integers it is compared with") {
    CHECK((ct::Tensor::of<std::int32_t>({0, 1}) < 0.5).to_vector<bool>() == Bools{true, false});
    CHECK((ct::Tensor::of<std::uint8_t>({0, 255}) > -1).to_vector<bool>() == Bools{true, true});
    CHECK((ct::full({1}, 0.1) >= 0.1).item() == 1);
    CHECK((ct::full({1}, 0.1, ct::Dtype::bfloat16) >= 0.1).item() == 1);
}

TEST_CASE("comparisons broadcast") {
    const ct::Tensor order = ct::Tensor::of<float>({{1}, {2}}) < ct::Tensor::of<float>({1, 2, 3});
    CHECK(order.shape() == ct::Shape{2, 3});
    CHECK(order.to_vector<bool>() == Bools{false, true, true, false, false, true});
}

TEST_CASE("comparisons name what does not fit") {
    CHECK_THROWS_WITH_AS((void)ct::less(ct::ones({2}), ct::ones({2}, ct::Dtype::int32)),
                         "less: dtypes are float32 and int32, expected the same; use cast()", ct::DtypeError);
    CHECK_THROWS_AS((void)ct::less(ct::ones({2}), ct::ones({3})), ct::ShapeError);
}

TEST_CASE("large integers compare with a number to the last bit") {
    const ct::Tensor x = ct::Tensor::of<std::int64_t>({9007199254740993, -3, 4});
    CHECK(ct::equal(x, 9007199254740992.0).to_vector<bool>() == Bools{false, false, false});
    CHECK(ct::greater(x, 9007199254740992.0).to_vector<bool>() == Bools{true, false, false});
    CHECK(ct::less(x, 4.0).to_vector<bool>() == Bools{false, true, false});
    CHECK(ct::less_equal(x, 3.5).to_vector<bool>() == Bools{false, true, false});
    CHECK(ct::greater(x, -3.5).to_vector<bool>() == Bools{true, true, true});
    CHECK(ct::less(x, INFINITY).to_vector<bool>() == Bools{true, true, true});
    CHECK(ct::greater(x, -INFINITY).to_vector<bool>() == Bools{true, true, true});
    CHECK(ct::greater_equal(x, NAN).to_vector<bool>() == Bools{false, false, false});
    CHECK(ct::not_equal(x, NAN).to_vector<bool>() == Bools{true, true, true});
}
