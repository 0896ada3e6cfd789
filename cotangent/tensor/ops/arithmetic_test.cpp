#include "cotangent/tensor/ops/arithmetic.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Dtype, ct::Tensor;

TEST_CASE("a number takes the dtype of the tensor beside it") {
    const Tensor x = Tensor::of<double>({1, 2});
    CHECK((x * 0.1).dtype() == Dtype::float64);
    CHECK((x * 0.1).to_vector<double>() == std::vector<double>{0.1, 0.2});
    CHECK((3 - Tensor::of<std::int32_t>({1, 5})).to_vector<int>() == std::vector<int>{2, -2});
    CHECK((1.0 / Tensor::of<float>({4})).item() == 0.25);
}

TEST_CASE("integers divide towards zero, and not by zero") {
    const Tensor x = Tensor::of<std::int64_t>({7, -7});
    CHECK((x / Tensor::of<std::int64_t>({2, 2})).to_vector<int>() == std::vector<int>{3, -3});
    CHECK_THROWS_WITH_AS((void)(x / Tensor::of<std::int64_t>({1, 0})),
                         "divide: an integer is divided by 0, expected other values or a floating dtype", ct::ValueError);
    CHECK(std::isinf((Tensor(1.0) / Tensor(0.0)).item()));
}

TEST_CASE("a sole owner is updated in place, a shared one is copied first") {
    Tensor x = ct::ones({100});
    const std::byte* before = x.raw();
    x += ct::ones({100});
    x *= Tensor(3.0);
    CHECK(x.raw() == before);
    CHECK(x.values<float>()[99] == 6);
    const Tensor copy = x;
    x -= ct::ones({100});
    CHECK(copy.values<float>()[0] == 6);
    CHECK(x.values<float>()[0] == 5);
    x += ct::ones({1});  // what stands on the right is stretched, not x
    CHECK(x.to_vector<float>() == std::vector<float>(100, 6));
    CHECK_THROWS_WITH_AS((void)(x /= ct::full({2, 100}, 5)),
                         "/=: shapes [100] and [2, 100]: the result, [2, 100], is not of the first", ct::ShapeError);
    CHECK(x.shape() == ct::Shape{100});
}

TEST_CASE("a number on the right of += takes the dtype") {
    for (const Dtype dtype : {Dtype::float64, Dtype::bfloat16, Dtype::int32, Dtype::uint8}) {
        Tensor x = ct::full({2}, 6, dtype);
        x += 2;
        x *= 3.0;
        x -= 4;
        x /= 5;
        CHECK(x.dtype() == dtype);
        CHECK(x.to_vector<int>() == std::vector<int>{4, 4});
    }
    Tensor x = ct::full({2}, 6, Dtype::int32);
    CHECK_THROWS_WITH_AS((void)(x * 0.5), "0.5 is no int32, expected an integer from -2147483648 to 2147483647; use cast()",
                         ct::ValueError);
    CHECK_THROWS_AS((void)(x += 3e9), ct::ValueError);
    CHECK_THROWS_AS((void)(ct::full({}, 7, Dtype::uint8) + 256), ct::ValueError);
    CHECK_THROWS_AS((void)ct::full({2}, NAN, Dtype::int64), ct::ValueError);
    CHECK_THROWS_AS((void)ct::full({2}, 0x1p63, Dtype::int64), ct::ValueError);
    CHECK(ct::full({}, -0x1p63, Dtype::int64).values<std::int64_t>()[0] == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("the least integer divided by -1 wraps") {
    const auto check = []<class T>(T least) {
        const Tensor x = Tensor::of<T>({least, 7}), y = Tensor::of<T>({-1, -1});
        CHECK((x / y).template to_vector<T>() == std::vector<T>{least, -7});
        CHECK((x / -1.0).template to_vector<T>() == std::vector<T>{least, -7});
    };
    check(std::numeric_limits<std::int32_t>::min());
    check(std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("dtypes do not mix silently and shapes must broadcast") {
    CHECK_THROWS_WITH_AS((void)(ct::ones({2}) + ct::ones({2}, Dtype::float64)),
                         "add: dtypes are float32 and float64, expected the same; use cast()", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)(ct::ones({2, 3}) * ct::ones({4})),
                         "multiply: shapes [2, 3] and [4] do not broadcast: axis 1 has 3 and 4", ct::ShapeError);
    CHECK_THROWS_AS((void)(ct::ones({2}, Dtype::boolean) + ct::ones({2}, Dtype::boolean)), ct::DtypeError);
}
