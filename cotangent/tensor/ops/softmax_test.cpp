#include "cotangent/tensor/ops/softmax.hpp"

#include <cmath>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/random.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

/// The largest difference from the definition, computed in long double, of softmax and log_softmax.
std::pair<double, double> errors(const ct::Tensor& x, int axis) {
    const auto v = x.to_vector<double>(), p = ct::softmax(x, axis).to_vector<double>(), l = ct::log_softmax(x, axis).to_vector<double>();
    const int at = axis < 0 ? axis + x.rank() : axis;
    std::int64_t inner = 1;
    for (int i = at + 1; i < x.rank(); ++i) inner *= x.shape()[i];
    const std::int64_t length = x.shape()[at];
    double worst = 0, worst_log = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) {
        const std::int64_t start = i / (length * inner) * length * inner + i % inner;
        long double sum = 0;
        for (std::int64_t k = 0; k < length; ++k) sum += std::exp(static_cast<long double>(v[start + k * inner] - v[i]));
        worst = std::max(worst, double(std::abs(p[i] - 1 / sum) * sum));
        worst_log = std::max(worst_log, double(std::abs(l[i] + std::log(sum)) / (1 + std::log(sum))));
    }
    return {worst, worst_log};
}

}  // namespace

TEST_CASE("softmax and log_softmax are their definition over every axis") {
    ct::Rng rng(1);
    for (const ct::Shape& shape : {ct::Shape{1}, ct::Shape{5, 10}, ct::Shape{3, 64}, ct::Shape{2, 7, 33}, ct::Shape{4, 3, 2, 5}, ct::Shape{600, 40}})
        for (int axis = -shape.rank(); axis < shape.rank(); ++axis) {
            CAPTURE(ct::to_string(shape));
            CAPTURE(axis);
            const auto [p32, l32] = errors(ct::normal(rng, shape, 0, 3), axis);
            CHECK(p32 <= 30 * 0x1p-23);
            CHECK(l32 <= 30 * 0x1p-23);
            const auto [p64, l64] = errors(ct::normal(rng, shape, 0, 3, ct::Dtype::float64), axis);
            CHECK(p64 <= 30 * 0x1p-52);
            CHECK(l64 <= 30 * 0x1p-52);
        }
}

TEST_CASE("softmax does not overflow, and ignores a shift") {
    const auto x = ct::Tensor::of<float>({1000, 1001, -1000});
    const auto p = ct::softmax(x).to_vector<double>(), l = ct::log_softmax(x).to_vector<double>();
    CHECK(p[0] == doctest::Approx(0.2689414));
    CHECK(p[1] == doctest::Approx(0.7310586));
    CHECK(p[2] == 0);
    CHECK(l[2] == doctest::Approx(-2001.3132617));
    const auto mask = ct::Tensor::of<float>({0, -INFINITY, 0});
    CHECK(ct::softmax(mask).to_vector<double>() == std::vector{0.5, 0.0, 0.5});
    CHECK(ct::softmax(ct::cast(x, ct::Dtype::bfloat16)).dtype() == ct::Dtype::bfloat16);
}

TEST_CASE("softmax names what does not fit") {
    CHECK_THROWS_AS((void)ct::softmax(ct::ones({2, 3}), 2), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::log_softmax(ct::ones({2, 0})), "log_softmax: axis -1 of x [2, 0] has length 0, expected at least 1",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::softmax(ct::ones({2, 3}, ct::Dtype::int32)), "softmax: dtype is int32, expected a floating dtype",
                         ct::DtypeError);
}
