// Images in blocks between convolutions: the numbers are those of the ops themselves.
#include <algorithm>
#include <cmath>
#include <string>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;
using ct::Tensor;

namespace {

struct Net {
    Tensor images, first, second, third, bias;
};

Net net_of(std::int64_t batch, std::int64_t side, std::int64_t channels, ct::Dtype dtype = ct::Dtype::float32) {
    ct::Rng rng(3);
    const auto draw = [&](const ct::Shape& shape, double scale) { return ct::cast(ct::normal(rng, shape) * scale, dtype); };
    return {draw({batch, 3, side, side + 2}, 1), draw({channels, 3, 3, 3}, 0.3), draw({2 * channels, channels, 3, 3}, 0.1),
            draw({2 * channels, 2 * channels, 3, 3}, 0.1), draw({2 * channels, 1, 1}, 1)};
}

/// Convolutions, a bias of channels, a residual, and a part that no block survives.
Tensor features(const Net& net) {
    const ct::Conv2dOptions same{.padding = 1};
    const Tensor a = ct::relu(ct::conv2d(net.images, net.first, same));
    const Tensor b = ct::gelu(ct::conv2d(a, net.second, {.stride = 2, .padding = 1}) + net.bias);
    const Tensor c = ct::relu(ct::conv2d(b, net.third, same) * 0.5 + b);
    return ct::conv2d(c, net.third, same);
}
Tensor loss(const Net& net) { return ct::mean(ct::square(ct::cast(features(net), ct::Dtype::float32))); }

double distance(const Tensor& a, const Tensor& b) {
    const auto x = ct::cast(a, ct::Dtype::float64).to_vector<double>(),
               y = ct::cast(b, ct::Dtype::float64).to_vector<double>();
    REQUIRE(x.size() == y.size());
    double largest = 0, scale = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        largest = std::max(largest, std::abs(x[k] - y[k]));
        scale = std::max(scale, std::abs(y[k]));
    }
    return largest / scale;
}

void check_like_eager(const Net& net, double tolerance) {
    const auto f = [](const Net& x) { return features(x); };
    const auto g = ct::value_and_grad([](const Net& x) { return loss(x); });
    auto compiled_f = ct::compile(f);
    auto compiled_g = ct::compile(g);
    for (int k = 0; k < 2; ++k) {
        CHECK(distance(compiled_f(net), f(net)) <= tolerance);
        const auto seen = compiled_g(net), expected = g(net);
        CHECK(distance(seen.first, expected.first) <= tolerance);
        const auto a = ct::leaves(seen.second), b = ct::leaves(expected.second);
        for (std::size_t i = 0; i < a.size(); ++i) CHECK(distance(a[i], b[i]) <= tolerance);
    }
}

std::ptrdiff_t count(const std::string& text, const std::string& word) {
    std::ptrdiff_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
}

/// The blocks of a convolution of 16 channels on this machine; 1 where its kernels take images as they are.
std::int64_t block_here() {
    ct::detail::ConvolutionProblem p{};
    p.batch = 16;
    p.channels = p.outputs = 32;
    p.height = p.width = p.out_height = p.out_width = 16;
    p.kernel_height = p.kernel_width = 3;
    p.groups = 1;
    p.stride = p.dilation = p.pad_before = p.pad_after = {1, 1};
    return ct::detail::convolution_blocks(ct::Dtype::float32, p, ct::detail::ConvolutionArgument::out).out;
}

}  // namespace

TEST_CASE("convolutions and what lies between them compute in blocks what they compute row-major") {
    check_like_eager(net_of(9, 16, 16), 1e-5);   // pieces of unlike sizes
    check_like_eager(net_of(16, 14, 32), 1e-5);  // planes that no block of a loop divides
    check_like_eager(net_of(12, 8, 24), 1e-5);   // channels that do not fill blocks of 16
    check_like_eager(net_of(2, 16, 16), 1e-5);   // too few images for it
    if (ct::detail::has_bfloat16_products()) check_like_eager(net_of(16, 16, 16, ct::Dtype::bfloat16), 0.03);
}

TEST_CASE("images go into blocks and out of them where that is needed, and only if it pays") {
    if (block_here() == 1) return;
    ct::Rng rng(1);
    const Net net = net_of(16, 16, 16);
    auto gradient = ct::compile(ct::grad([](const Net& x) { return loss(x); }));
    (void)gradient(net);
    const std::string plan = ct::explain(gradient);
    CHECK(count(plan, "from_blocks") + count(plan, "to_blocks") >= 1);
    CHECK(count(plan, "from_blocks") + count(plan, "to_blocks") <= 4);
    auto alone = ct::compile([](const Net& x) { return ct::conv2d(ct::conv2d(x.images, x.first), x.second); });
    (void)alone(net);
    CHECK(count(ct::explain(alone), "from_blocks") <= 1);
    auto once = ct::compile([](const Tensor& x, const Tensor& w) { return ct::conv2d(x, w); });
    (void)once(ct::normal(rng, {16, 32, 8, 8}), net.third);
    CHECK(count(ct::explain(once), "_blocks") == 0);
}

TEST_CASE("what convolutions make may become numbers of any dtype") {
    const Net net = net_of(16, 16, 16);
    const auto g = ct::grad([](const Net& x) {
        const Tensor y = features(x), leaky = ct::where(y > 0.1, y, y * 0.1);
        return ct::mean(ct::cast(ct::square(ct::cast(leaky, ct::Dtype::float64)), ct::Dtype::float32));
    });
    auto compiled = ct::compile(g);
    const Net seen = compiled(net), expected = g(net);
    CHECK(distance(seen.first, expected.first) <= 1e-5);
    CHECK(distance(seen.images, expected.images) <= 1e-5);
    if (block_here() > 1) CHECK(count(ct::explain(compiled), "_blocks") > 0);
    const auto deep = [](const Net& x) {
        Tensor y = features(x);
        for (int k = 0; k < 6; ++k) y = ct::relu(ct::conv2d(y, x.third, {.padding = 1}));
        return ct::cast(y, ct::Dtype::float64) * 2.0;
    };
    CHECK(distance(ct::compile(deep)(net), deep(net)) <= 1e-5);
}

TEST_CASE("convolutions in blocks do not depend on the number of threads") {
    const int before = ct::thread_count();
    const Net net = net_of(19, 16, 16);
    std::vector<std::vector<float>> seen;
    for (const int threads : {1, 2, 3}) {
        ct::set_thread_count(threads);
        auto gradient = ct::compile(ct::grad([](const Net& x) { return loss(x); }));
        const Net result = gradient(net);
        seen.push_back(result.images.to_vector<float>());
        const auto kernel = result.third.to_vector<float>();
        seen.back().insert(seen.back().end(), kernel.begin(), kernel.end());
    }
    ct::set_thread_count(before);
    CHECK(seen[0] == seen[1]);
    CHECK(seen[0] == seen[2]);
}

TEST_CASE("rows are broadcast inside of loops, whatever their length") {
    ct::Rng rng(5);
    for (const std::int64_t length : {2, 96, 100, 384, 1000, 4096, 5000}) {
        CAPTURE(length);
        const Tensor x = ct::normal(rng, {140000 / length, length}), row = ct::normal(rng, {length}),
                     wide = ct::normal(rng, {1, length});
        const auto f = [](const Tensor& a, const Tensor& b, const Tensor& c) {
            const Tensor y = ct::gelu(a + b) * c;
            return std::pair(y, ct::sum(y - b));
        };
        auto compiled = ct::compile(f);
        const auto [y, total] = compiled(x, row, wide);
        const auto [expected, expected_total] = f(x, row, wide);
        CHECK(y.to_vector<float>() == expected.to_vector<float>());
        CHECK(total.item() == doctest::Approx(expected_total.item()));
        const std::string plan = ct::explain(compiled);
        if (length <= 4096) CHECK(count(plan, "fused") == 1);
    }
}

TEST_CASE("a sum of pieces in different places is put together, one of pieces that overlap is added up") {
    ct::Rng rng(5);
    const Tensor x = ct::normal(rng, {3, 700, 2}), small = ct::normal(rng, {3, 2});
    const auto f = [](const Tensor& a) {
        const auto part = [&](std::int64_t first, std::int64_t last) { return ct::slice_axis(a, 0, first, last); };
        return ct::sum(part(0, 1) * ct::square(part(1, 2)) + part(2, 3)) + ct::sum(ct::exp(part(0, 2)));
    };
    const auto apart = [](const Tensor& a) {
        const auto part = [&](std::int64_t first, std::int64_t last) { return ct::slice_axis(a, 0, first, last); };
        return ct::sum(part(0, 1) * ct::exp(part(2, 3)));
    };
    for (const Tensor& at : {x, small}) {
        CHECK(ct::compile(ct::grad(f))(at).to_vector<float>() == ct::grad(f)(at).to_vector<float>());
        auto gradient = ct::compile(ct::grad(apart));
        CHECK(gradient(at).to_vector<float>() == ct::grad(apart)(at).to_vector<float>());
        CHECK(count(ct::explain(gradient), "add") == 0);
    }
}
