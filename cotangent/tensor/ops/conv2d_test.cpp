#include "cotangent/tensor/ops/conv2d.hpp"

#include <cmath>
#include <cstring>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

ct::Tensor wave(const ct::Shape& shape, ct::Dtype dtype, double phase) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < shape.size(); ++i) values.push_back(std::sin(0.7 * double(i) * double(i % 89) + phase));
    return ct::cast(ct::Tensor::from(values, shape), dtype);
}

struct Case {
    ct::Shape images, kernel;
    ct::Conv2dOptions options;
};

/// LeNet-5's and ResNet-20's layers with few images, and every option.
std::vector<Case> cases() {
    return {{{3, 1, 28, 28}, {6, 1, 5, 5}, {.padding = 2}},
            {{3, 6, 14, 14}, {16, 6, 5, 5}, {}},
            {{2, 3, 32, 32}, {16, 3, 3, 3}, {.padding = 1}},
            {{9, 16, 16, 16}, {16, 16, 3, 3}, {.padding = 1}},
            {{2, 16, 16, 16}, {32, 16, 3, 3}, {.stride = 2, .padding = 1}},
            {{2, 16, 16, 16}, {32, 16, 1, 1}, {.stride = 2}},
            {{2, 5, 9, 11}, {7, 5, 3, 2}, {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}}},
            {{2, 8, 7, 7}, {12, 2, 3, 3}, {.padding = 1, .groups = 4}},
            {{2, 8, 7, 7}, {8, 1, 3, 3}, {.padding = 1, .groups = 8}},
            {{1, 2, 8, 6}, {3, 2, 4, 4}, {.stride = 3, .padding = ct::Padding::same()}},
            {{1, 1, 1, 1}, {1, 1, 1, 1}, {}}};
}

/// conv2d by its definition, in double.
std::vector<double> definition(const ct::Tensor& images, const ct::Tensor& kernel, const ct::Conv2dOptions& o, const ct::Shape& out,
                               std::array<std::int64_t, 2> pad) {
    const auto x = images.to_vector<double>(), w = kernel.to_vector<double>();
    const std::int64_t c = images.shape()[1], h = images.shape()[2], l = images.shape()[3], per = c / o.groups;
    std::vector<double> y;
    for (std::int64_t n = 0; n < out[0]; ++n)
        for (std::int64_t f = 0; f < out[1]; ++f)
            for (std::int64_t i = 0; i < out[2]; ++i)
                for (std::int64_t j = 0; j < out[3]; ++j) {
                    double sum = 0;
                    for (std::int64_t k = 0; k < per; ++k)
                        for (std::int64_t u = 0; u < kernel.shape()[2]; ++u)
                            for (std::int64_t v = 0; v < kernel.shape()[3]; ++v) {
                                const std::int64_t a = i * o.stride.height - pad[0] + u * o.dilation.height;
                                const std::int64_t b = j * o.stride.width - pad[1] + v * o.dilation.width;
                                if (a < 0 || a >= h || b < 0 || b >= l) continue;
                                const std::int64_t group = f / (out[1] / o.groups);
                                sum += x[((n * c + group * per + k) * h + a) * l + b] *
                                       w[((f * per + k) * kernel.shape()[2] + u) * kernel.shape()[3] + v];
                            }
                    y.push_back(sum);
                }
    return y;
}

double inner(const ct::Tensor& a, const ct::Tensor& b) {
    const auto x = a.to_vector<double>(), y = b.to_vector<double>();
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
    return sum;
}

double norm(const ct::Tensor& a) { return std::sqrt(inner(a, a)); }

/// The gradients of <conv2d(images, kernel), out>.
std::vector<ct::Tensor> gradients(const ct::Tensor& images, const ct::Tensor& kernel, const ct::Tensor& out,
                                  const ct::Conv2dOptions& options) {
    ct::Tensor x, w, y;
    {
        const ct::detail::Differentiating differentiating;
        x = ct::detail::watch(images);
        w = ct::detail::watch(kernel);
        y = ct::conv2d(x, w, options);
    }
    const std::vector<ct::Tensor> outputs{y}, cotangents{out}, variables{x, w};
    return ct::detail::pull(outputs, cotangents, variables);
}

double epsilon(ct::Dtype dtype) { return dtype == ct::Dtype::float64 ? 0x1p-52 : dtype == ct::Dtype::float32 ? 0x1p-23 : 0x1p-8; }

}  // namespace

TEST_CASE("conv2d is its definition for every layer of LeNet-5 and ResNet-20, option and dtype") {
    for (const auto& [images_shape, kernel_shape, options] : cases())
        for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32, ct::Dtype::bfloat16}) {
            CAPTURE(ct::to_string(images_shape));
            CAPTURE(ct::to_string(kernel_shape));
            CAPTURE(ct::name(dtype));
            const auto images = wave(images_shape, dtype, 0), kernel = wave(kernel_shape, dtype, 1);
            const auto y = ct::conv2d(images, kernel, options);
            std::array<std::int64_t, 2> pad{options.padding.size.height, options.padding.size.width};
            if (options.padding.is_same) pad = {1, 0};  // 8 by 6 in strides of 3: 3 by 2 of 4 reach 10 by 7
            const auto expected = definition(images, kernel, options, y.shape(), pad);
            const auto values = y.to_vector<double>();
            REQUIRE(values.size() == expected.size());
            double worst = 0, largest = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                worst = std::max(worst, std::abs(values[i] - expected[i]));
                largest = std::max(largest, std::abs(expected[i]));
            }
            const double terms = double(kernel.size() / kernel.shape()[0]);
            CHECK(worst <= epsilon(dtype) * (dtype == ct::Dtype::bfloat16 ? largest : terms));
        }
}

// conv2d is linear in each argument, so that the inner product is all that its gradients have to reproduce.
TEST_CASE("the gradients of conv2d are the transposes of its two linear maps") {
    for (const auto& [images_shape, kernel_shape, options] : cases())
        for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32, ct::Dtype::bfloat16}) {
            CAPTURE(ct::to_string(images_shape));
            CAPTURE(ct::to_string(kernel_shape));
            CAPTURE(ct::name(dtype));
            const auto images = wave(images_shape, dtype, 0), kernel = wave(kernel_shape, dtype, 1);
            const auto other_images = wave(images_shape, dtype, 2), other_kernel = wave(kernel_shape, dtype, 3);
            const auto out = wave(ct::conv2d(images, kernel, options).shape(), dtype, 4);
            const auto g = gradients(images, kernel, out, options);
            const double bound = 4 * epsilon(dtype) * norm(out);
            CHECK(std::abs(inner(g[0], other_images) - inner(ct::conv2d(other_images, kernel, options), out)) <=
                  bound * norm(other_images) * norm(kernel));
            CHECK(std::abs(inner(g[1], other_kernel) - inner(ct::conv2d(images, other_kernel, options), out)) <=
                  bound * norm(images) * norm(other_kernel));
        }
}

// PyTorch 2: F.conv2d(torch.arange(16.).view(1, 1, 4, 4), torch.tensor([[[[1., 2.], [3., 4.]]]]), stride=2) and the like.
TEST_CASE("conv2d and conv2d_transpose give PyTorch's values") {
    const auto x = ct::reshape(ct::arange(0, 16), {1, 1, 4, 4}), w = ct::reshape(ct::arange(1, 5), {1, 1, 2, 2});
    CHECK(ct::conv2d(x, w, {.stride = 2}).to_vector<int>() == std::vector{34, 54, 114, 134});
    CHECK(ct::conv2d(x, w, {.padding = ct::Padding::same()}).to_vector<int>() ==
          std::vector{34, 44, 54, 24, 74, 84, 94, 40, 114, 124, 134, 56, 38, 41, 44, 15});
    const auto small = ct::reshape(ct::arange(1, 5), {1, 1, 2, 2});
    CHECK(ct::conv2d_transpose(small, w).to_vector<int>() == std::vector{1, 4, 4, 6, 20, 16, 9, 24, 16});
    CHECK(ct::conv2d_transpose(small, w, {.stride = 2, .output_padding = {1, 0}}).to_vector<int>() ==
          std::vector{1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16, 0, 0, 0, 0});
}

TEST_CASE("conv2d_transpose undoes the shape of conv2d") {
    for (const int length : {7, 8, 9})
        for (const int stride : {1, 2, 3}) {
            const auto y = ct::conv2d(ct::ones({1, 2, length, length}), ct::ones({4, 2, 3, 3}), {.stride = stride, .padding = 1});
            const int extra = (length + 2 - 3) % stride;
            const auto back = ct::conv2d_transpose(y, ct::ones({4, 2, 3, 3}), {.stride = stride, .padding = 1, .output_padding = extra});
            CHECK(back.shape() == ct::Shape{1, 2, length, length});
        }
}

TEST_CASE("conv2d and its gradients give the same bits for any number of threads") {
    const int before = ct::thread_count();
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::bfloat16, ct::Dtype::float64})
        for (const auto& [images_shape, kernel_shape] : {std::pair<ct::Shape, ct::Shape>{{37, 16, 16, 16}, {32, 16, 3, 3}},
                                                  {{33, 1, 28, 28}, {6, 1, 5, 5}},
                                                  {{1, 72, 30, 31}, {80, 72, 3, 3}},  // few images: cut by channels
                                                  {{3, 64, 16, 16}, {64, 64, 3, 3}}}) {
            const auto images = wave(images_shape, dtype, 0), kernel = wave(kernel_shape, dtype, 1);
            std::vector<std::vector<ct::Tensor>> runs;
            for (const int count : {1, 2, 5}) {
                ct::set_thread_count(count);
                auto y = ct::conv2d(images, kernel, {.padding = 1});
                auto g = gradients(images, kernel, y, {.padding = 1});
                runs.push_back({y, g[0], g[1]});
            }
            for (int i = 0; i < 3; ++i)
                for (int run = 1; run < 3; ++run) {
                    CAPTURE(ct::name(dtype));
                    CAPTURE(ct::to_string(images_shape));
                    CAPTURE(i);
                    CHECK(std::memcmp(runs[0][i].raw(), runs[run][i].raw(), runs[0][i].bytes()) == 0);
                }
        }
    ct::set_thread_count(before);
}

TEST_CASE("one image alone gives what it gives in a large batch, and so do its gradients") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        CAPTURE(ct::name(dtype));
        const auto batch = wave({12, 72, 30, 31}, dtype, 0), kernel = wave({80, 72, 3, 3}, dtype, 1);
        const auto many = ct::conv2d(batch, kernel, {.padding = 1});
        const auto one = ct::slice_axis(batch, 0, 4, 5), y = ct::conv2d(one, kernel, {.padding = 1});
        const double bound = dtype == ct::Dtype::float32 ? 1e-5 : 1e-13;
        const auto close = [&](const ct::Tensor& a, const ct::Tensor& b) {
            const double scale = std::max(1.0, ct::max(ct::abs(b)).item());
            CHECK(a.shape() == b.shape());
            CHECK(ct::max(ct::abs(a - b)).item() <= bound * scale);
        };
        close(y, ct::slice_axis(many, 0, 4, 5));
        // The gradients for a seed that is 0 but for this image are the image's own.
        const auto seed = wave({1, 80, 30, 31}, dtype, 2);
        const auto all = gradients(batch, kernel, ct::concatenate({ct::zeros({4, 80, 30, 31}, dtype), seed, ct::zeros({7, 80, 30, 31}, dtype)}, 0), {.padding = 1});
        const auto own = gradients(one, kernel, seed, {.padding = 1});
        close(own[0], ct::slice_axis(all[0], 0, 4, 5));
        close(own[1], all[1]);
    }
}

TEST_CASE("conv2d names what does not fit") {
    const auto images = ct::ones({32, 4, 28, 28});
    CHECK_THROWS_WITH_AS((void)ct::conv2d(images, ct::ones({8, 3, 5, 5})),
                         "conv2d: kernel has shape [8, 3, 5, 5], expected [*, 4, *, *] for images [32, 4, 28, 28]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::conv2d(images, ct::ones({8, 4, 5, 5}), {.groups = 2}),
                         "conv2d: kernel has shape [8, 4, 5, 5], expected [*, 2, *, *] for images [32, 4, 28, 28] in 2 groups",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::conv2d(ct::ones({4, 28, 28}), ct::ones({8, 4, 5, 5})),
                         "conv2d: images have shape [4, 28, 28], expected [N, C, H, W]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::conv2d(ct::ones({1, 1, 2, 2}), ct::ones({1, 1, 5, 1}), {.padding = 1}),
                         "conv2d: kernel [1, 1, 5, 1] reaches over 5 rows, expected 1 to the 4 of padded images [1, 1, 2, 2]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::conv2d(images, ct::ones({8, 4, 5, 5}), {.stride = {1, 0}}),
                         "conv2d: stride is 1 x 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_AS((void)ct::conv2d(images, ct::ones({8, 4, 5, 5}), {.groups = 3}), ct::ValueError);
    CHECK_THROWS_AS((void)ct::conv2d(ct::ones({1, 1, 3, 3}, ct::Dtype::int32), ct::ones({1, 1, 3, 3}, ct::Dtype::int32)), ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::conv2d_transpose(images, ct::ones({8, 4, 5, 5})),
                         "conv2d_transpose: kernel has shape [8, 4, 5, 5], expected [4, *, *, *] for images [32, 4, 28, 28]",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::conv2d_transpose(images, ct::ones({4, 4, 5, 5}), {.output_padding = 1}), ct::ValueError);
}
