#include "cotangent/tensor/ops/pool.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

/// (37 i) mod 23 for i = 0 .. 41, as [1, 1, 6, 7]: what the stored values of PyTorch were made from.
ct::Tensor image(ct::Dtype dtype = ct::Dtype::float64) {
    std::vector<double> values;
    for (int i = 0; i < 42; ++i) values.push_back(i * 37 % 23);
    return ct::cast(ct::Tensor::from(values, {1, 1, 6, 7}), dtype);
}

/// The gradient by the image of sum_i i y_i, i from 1.
template <class F>
std::vector<double> gradient(const F& f, const ct::Tensor& x) {
    ct::Tensor variable, y;
    {
        const ct::detail::Differentiating differentiating;
        variable = ct::detail::watch(x);
        y = f(variable);
    }
    const auto weights = ct::reshape(ct::arange(1, double(y.size()) + 1, 1, y.dtype()), y.shape());
    const std::vector<ct::Tensor> outputs{y}, cotangents{weights}, variables{variable};
    return ct::detail::pull(outputs, cotangents, variables)[0].to_vector<double>();
}

void check_near(const std::vector<double>& seen, const std::vector<double>& expected) {
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(std::abs(seen[i] - expected[i]) < 1e-5);
}

}  // namespace

// PyTorch: F.max_pool2d(x, ...) and its gradient.
TEST_CASE("max_pool2d gives PyTorch's values and gradients") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16}) {
        const auto half = [](const ct::Tensor& x) { return ct::max_pool2d(x); };
        check_near(half(image(dtype)).to_vector<double>(), {20, 19, 16, 18, 17, 22, 21, 20, 17});
        check_near(gradient(half, image(dtype)), {0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0, 0, 5, 0, 6, 0, 0,
                                                  4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 7, 0, 0, 9, 0, 0});
        const auto overlapping = [](const ct::Tensor& x) { return ct::max_pool2d(x, {.kernel = 3, .stride = 2, .padding = 1}); };
        check_near(overlapping(image(dtype)).to_vector<double>(), {20, 20, 19, 21, 20, 20, 22, 21, 21, 21, 20, 22});
        check_near(gradient(overlapping, image(dtype)), {0, 0, 0, 3, 0, 0, 0, 0, 14, 0, 0, 0, 0, 12, 0, 0, 0, 0, 7, 0, 0,
                                                         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 19, 0, 0, 0, 0, 12});
        const auto up = [](const ct::Tensor& x) { return ct::max_pool2d(x, {.kernel = {2, 3}, .stride = 2, .ceil_mode = true}); };
        check_near(up(image(dtype)).to_vector<double>(), {20, 19, 21, 18, 22, 22, 21, 20, 22});
        check_near(gradient(up, image(dtype)), {0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 11, 0, 0,
                                                4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, 0, 9});
    }
}

// PyTorch: F.avg_pool2d(x, ...) and its gradient.
TEST_CASE("avg_pool2d gives PyTorch's values and gradients") {
    const auto padded = [](const ct::Tensor& x) { return ct::avg_pool2d(x, {.kernel = 3, .stride = 2, .padding = 1}); };
    check_near(padded(image()).to_vector<double>(), {4.444444, 7.888889, 6.111111, 4.888889, 7.555556, 9.333333, 11.777778, 8.222222,
                                                     7.888889, 11.111111, 11.0, 8.555556});
    const auto without = [](const ct::Tensor& x) {
        return ct::avg_pool2d(x, {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false});
    };
    check_near(without(image()).to_vector<double>(), {10.0, 11.833333, 9.166667, 11.0, 11.333333, 9.333333, 11.777778, 12.333333,
                                                      11.833333, 11.111111, 11.0, 12.833333, 14.0, 12.0, 9.333333, 15.0});
    check_near(gradient(without, image()),
               {0.25,     0.583333, 0.333333, 0.833333, 0.5,      1.5,      1.0,      1.083333, 2.083333, 1.0,      2.277778,
                1.277778, 3.611111, 2.333333, 0.833333, 1.5,      0.666667, 1.444444, 0.777778, 2.111111, 1.333333, 2.333333,
                4.111111, 1.777778, 3.777778, 2.0,      5.333333, 3.333333, 1.5,      2.611111, 1.111111, 2.333333, 1.222222,
                3.222222, 2.0,      8.0,      13.777778, 5.777778, 12.0,     6.222222, 16.222222, 10.0});
    const auto with = [](const ct::Tensor& x) { return ct::avg_pool2d(x, {.kernel = 2, .stride = 2, .padding = 1, .ceil_mode = true}); };
    check_near(with(image()).to_vector<double>(),
               {0.0, 4.75, 7.25, 4.0, 4.5, 12.75, 12.0, 11.25, 4.75, 7.5, 12.5, 11.75, 1.75, 8.25, 5.0, 7.5});
}

TEST_CASE("max_pool2d takes the first of equal values and lets NaN win") {
    const auto ties = gradient([](const ct::Tensor& x) { return ct::max_pool2d(x); }, ct::zeros({1, 1, 2, 4}));
    CHECK(ties == std::vector<double>{1, 0, 2, 0, 0, 0, 0, 0});
    const double nan = std::numeric_limits<double>::quiet_NaN(), low = -std::numeric_limits<double>::infinity();
    for (const int stride : {1, 2}) {
        const auto x = ct::Tensor::from(std::vector<double>{low, nan, low, 5, low, low, low, low}, {1, 1, 2, 4});
        const auto y = ct::max_pool2d(x, {.kernel = 2, .stride = stride}).to_vector<double>();
        CHECK(std::isnan(y[0]));
        CHECK(y.back() == 5);
    }
}

TEST_CASE("pooling names what does not fit") {
    CHECK_THROWS_WITH_AS((void)ct::max_pool2d(ct::ones({3, 4, 4})), "max_pool2d: images have shape [3, 4, 4], expected [N, C, H, W]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::avg_pool2d(ct::ones({1, 1, 2, 2}), {.kernel = 3}),
                         "avg_pool2d: images have shape [1, 1, 2, 2], expected sides of at least 3 for kernel 3 and padding 0",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::max_pool2d(ct::ones({1, 1, 4, 4}), {.kernel = 2, .padding = 2}), ct::ValueError);
    CHECK_THROWS_AS((void)ct::max_pool2d(ct::ones({1, 1, 4, 4}, ct::Dtype::int64)), ct::DtypeError);
}
