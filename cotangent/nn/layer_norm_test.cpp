#include "cotangent/nn/layer_norm.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

/// The same function in plain ops: what the fused kernels must agree with.
Tensor composed(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon) {
    const Tensor centred = x - mean(x, {.axes = {-1}, .keep_axes = true});
    return centred / sqrt(mean(centred * centred, {.axes = {-1}, .keep_axes = true}) + epsilon) * gain + bias;
}

}  // namespace

TEST_CASE("layer_norm agrees with PyTorch on every stored case") {
    const Golden golden("layer_norm");
    for (const std::string name : {"last_axis", "two_axes", "large_epsilon", "tiny_variance", "without_weights"}) {
        const nn::LayerNormOptions options{.axis = static_cast<int>(golden(name + "/axis").item()),
                                           .epsilon = golden(name + "/epsilon").item()};
        // The gradient's kernel reads the mean rounded to float32: half an ulp of 1 beside a deviation of 0.003.
        const double single_tolerance = name == "tiny_variance" ? 2e-5 : 5e-6;
        const bool has_weights = golden.has(name + "/gain");
        const std::vector<std::string> inputs = has_weights ? std::vector<std::string>{"x", "gain", "bias"} : std::vector<std::string>{"x"};
        check_golden(golden, name, inputs, [&](const Tensors& in) {
            return has_weights ? nn::layer_norm(in[0], in[1], in[2], options) : nn::layer_norm(in[0], {}, {}, options);
        }, 1e-12, single_tolerance);
    }
}

TEST_CASE("layer_norm has the derivatives that differences give") {
    const Tensor x = random_tensor({3, 5}, 1), gain = random_tensor({5}, 2), bias = random_tensor({5}, 3);
    const auto call = [](const Tensor& a, const Tensor& g, const Tensor& b) { return nn::layer_norm(a, g, b); };
    CHECK_NOTHROW(ct::check_derivatives(call, x, gain, bias));
    CHECK_NOTHROW(ct::check_derivatives([&](const Tensor& a) { return nn::layer_norm(a, {}, {}); }, x));
    CHECK_NOTHROW(ct::check_derivatives([&](const Tensor& a, const Tensor& g) { return nn::layer_norm(a, g, {}); }, x, gain));
    CHECK_NOTHROW(ct::check_derivatives([&](const Tensor& a, const Tensor& b) { return nn::layer_norm(a, {}, b); }, x, bias));
    CHECK_NOTHROW(ct::check_derivatives(
        [&](const Tensor& a) { return nn::layer_norm(reshape(a, {3, 5, 1}), {}, {}, {.axis = 1}); }, x));
}

TEST_CASE("layer_norm's kernels agree with its composition to second order") {
    // Wider than the lanes, with a rest, and more rows than a piece.
    const Tensor x = random_tensor({70, 37}, 1), gain = random_tensor({37}, 2), bias = random_tensor({37}, 3);
    const Tensor weights = random_tensor({70, 37}, 4), direction = random_tensor({70, 37}, 5);
    const auto value = [&](auto f) {
        return [&, f](const Tensors& in) { return sum(weights * tanh(f(in[0], in[1], in[2], 1e-3))); };
    };
    const auto fused = value([](auto& a, auto& g, auto& b, double e) { return nn::layer_norm(a, g, b, {.epsilon = e}); });
    const auto plain = value(composed);
    const Tensors at{x, gain, bias}, along{direction, gain, bias};
    CHECK(fused(at).item() == doctest::Approx(plain(at).item()).epsilon(1e-13));
    const Tensors a = ct::grad(fused)(at), b = ct::grad(plain)(at);
    const Tensors c = ct::hvp(fused, at, along), d = ct::hvp(plain, at, along);
    for (std::size_t k = 0; k < 3; ++k) {
        CAPTURE(k);
        check_close(a[k], b[k], 1e-12);
        check_close(c[k], d[k], 1e-12);
    }
}

TEST_CASE("layer_norm in float32 keeps the error its header states") {
    for (const double shift : {0.0, 3.0, 1000.0, 30000.0}) {
        for (const std::int64_t width : {3, 16, 100, 1000}) {
            CAPTURE(shift);
            CAPTURE(width);
            const Tensor x = cast(random_tensor({50, width}, 1) + shift, ct::Dtype::float32);
            const Tensor gain = random_tensor({width}, 2, ct::Dtype::float32), bias = random_tensor({width}, 3, ct::Dtype::float32);
            const auto wide = [](const Tensor& t) { return cast(t, ct::Dtype::float64); };
            check_close(nn::layer_norm(x, gain, bias), composed(wide(x), wide(gain), wide(bias), 1e-5), 8 * 1.2e-7);
        }
    }
}

TEST_CASE("layer_norm gives each row mean 0 and variance 1, whatever shift and positive scale it had") {
    const Tensor x = random_tensor({4, 50}, 1), y = nn::layer_norm(x, {}, {}, {.epsilon = 0});
    check_close(mean(y, {.axes = {1}}), ct::zeros({4}), 1e-14);
    check_close(mean(square(y), {.axes = {1}}), ct::ones({4}), 1e-14);
    check_close(nn::layer_norm(x * 7.0 - 3.0, {}, {}, {.epsilon = 0}), y, 1e-13);
}

TEST_CASE("layer_norm of equal numbers is the bias") {
    const Tensor bias = random_tensor({5}, 1, ct::Dtype::float32);
    const Tensor y = nn::layer_norm(ct::full({3, 5}, 1e6 / 3), ct::ones({5}), bias);
    check_close(y, broadcast_to(bias, {3, 5}), 1e-6);
}

TEST_CASE("layer_norm of bfloat16 is that of float32, rounded") {
    const Tensor x = cast(random_tensor({4, 9}, 1), ct::Dtype::bfloat16);
    const Tensor y = nn::layer_norm(x, {}, {});
    CHECK(y.dtype() == ct::Dtype::bfloat16);
    CHECK(identical(y, cast(nn::layer_norm(cast(x, ct::Dtype::float32), {}, {}), ct::Dtype::bfloat16)));
}

TEST_CASE("layer_norm takes empty batches, and a LayerNorm starts as the identity of its rows") {
    CHECK(nn::layer_norm(ct::zeros({0, 5}), {}, {}).shape() == ct::Shape{0, 5});
    const nn::LayerNorm layer = nn::LayerNorm::init(6);
    const Tensor x = random_tensor({2, 6}, 1, ct::Dtype::float32);
    CHECK(identical(layer(x), nn::layer_norm(x, {}, {})));
}

TEST_CASE("layer_norm does not depend on the number of threads") {
    const Tensor x = random_tensor({1000, 67}, 1, ct::Dtype::float32), gain = random_tensor({67}, 2, ct::Dtype::float32);
    check_thread_independence([&] {
        return ct::value_and_grad([](const Tensors& in) { return sum(square(nn::layer_norm(in[0], in[1], in[2]) + 0.5)); })(
            Tensors{x, gain, gain});
    });
}

TEST_CASE("layer_norm names the shape or dtype that is wrong") {
    const Tensor x = ct::ones({2, 3});
    CHECK_THROWS_WITH_AS((void)nn::layer_norm(x, ct::ones({4}), {}), "layer_norm: gain has shape [4], expected 3 elements for x [2, 3]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::layer_norm(x, {}, ct::ones({2}), {}), "layer_norm: bias has shape [2], expected 3 elements for x [2, 3]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::layer_norm(x, ct::ones({3}, ct::Dtype::float64), {}),
                         "layer_norm: gain is float64, expected float32 as x", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)nn::layer_norm(ct::ones({2, 3}, ct::Dtype::int32), {}, {}),
                         "layer_norm: x is int32, expected a floating dtype", ct::DtypeError);
    CHECK_THROWS_AS((void)nn::layer_norm(x, {}, {}, {.axis = 2}), ct::ShapeError);
}
