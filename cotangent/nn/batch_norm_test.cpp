#include "cotangent/nn/batch_norm.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

Tensor normalized(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon = 1e-5) {
    nn::BatchStatistics unused;
    return nn::batch_norm(x, gain, bias, epsilon, unused);
}

/// The same function in plain ops: what the fused kernels must agree with.
Tensor composed(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon) {
    const ct::ReduceOptions over{.axes = {0, 2, 3}, .keep_axes = true};
    const Tensor centred = x - mean(x, over);
    return centred / sqrt(mean(centred * centred, over) + epsilon) * reshape(gain, {-1, 1, 1}) + reshape(bias, {-1, 1, 1});
}

}  // namespace

TEST_CASE("batch norm agrees with PyTorch on every stored case, its state too") {
    const Golden golden("batch_norm");
    for (const std::string name : {"training", "evaluation", "training_rows", "evaluation_rows"}) {
        const nn::BatchNormOptions options{golden(name + "/epsilon").item(), golden(name + "/momentum").item()};
        const nn::Pass pass{.training = golden(name + "/training").item() == 1};
        const auto call = [&](const Tensors& in, nn::BatchNormState& state) {
            return nn::BatchNorm{in[1], in[2]}(in[0], state, pass, options);
        };
        const auto state_of = [&](ct::Dtype dtype, const std::string& prefix) {
            return nn::BatchNormState{cast(golden(name + prefix + "mean"), dtype), cast(golden(name + prefix + "variance"), dtype)};
        };
        check_golden(golden, name, {"x", "gain", "bias"}, [&](const Tensors& in) {
            nn::BatchNormState state = state_of(in[0].dtype(), "/state_");
            return call(in, state);
        });
        nn::BatchNormState state = state_of(ct::Dtype::float64, "/state_");
        (void)call({golden(name + "/x"), golden(name + "/gain"), golden(name + "/bias")}, state);
        check_close(state.mean, golden(name + "/next_mean"), 1e-14);
        check_close(state.variance, golden(name + "/next_variance"), 1e-14);
    }
}

TEST_CASE("batch norm has the derivatives that differences give, in training and in evaluation") {
    const Tensor gain = random_tensor({2}, 2), bias = random_tensor({2}, 3);
    CHECK_NOTHROW(ct::check_derivatives([](auto&... in) { return normalized(in...); }, random_tensor({3, 2, 2, 2}, 1), gain, bias));
    CHECK_NOTHROW(ct::check_derivatives([](auto&... in) { return normalized(in...); }, random_tensor({5, 2}, 1), gain, bias));
    // A struct of the layer and what it has seen: evaluation differentiates both.
    const nn::BatchNormState state{random_tensor({2}, 4), square(random_tensor({2}, 5)) + 0.5};
    const auto evaluated = [](const nn::BatchNorm& layer, const nn::BatchNormState& seen, const Tensor& x) {
        nn::BatchNormState copy = seen;
        return layer(x, copy, nn::Pass::evaluate());
    };
    CHECK_NOTHROW(ct::check_derivatives(evaluated, nn::BatchNorm{gain, bias}, state, random_tensor({3, 2, 2, 2}, 1)));
}

TEST_CASE("batch norm's kernels agree with their composition to second order") {
    const Tensor x = random_tensor({6, 3, 5, 7}, 1), gain = random_tensor({3}, 2), bias = random_tensor({3}, 3);
    const Tensor weights = random_tensor(x.shape(), 4), direction = random_tensor(x.shape(), 5);
    const auto value = [&](auto f) {
        return [&, f](const Tensors& in) { return sum(weights * tanh(f(in[0], in[1], in[2], 1e-3))); };
    };
    const auto fused = value(normalized), plain = value(composed);
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

TEST_CASE("in training the state moves towards the batch, and outside it stays") {
    const nn::BatchNorm layer = nn::BatchNorm::init(2);
    nn::BatchNormState state = nn::BatchNormState::init(2);
    CHECK(state.mean.to_vector<float>() == std::vector<float>{0, 0});
    CHECK(state.variance.to_vector<float>() == std::vector<float>{1, 1});
    const Tensor x = Tensor::of<float>({{0, 10}, {2, 10}, {4, 40}});
    const nn::Pass training{.training = true};
    (void)layer(x, state, training, {.momentum = 0.5});
    check_close(state.mean, Tensor::of<float>({1, 10}), 1e-7);
    check_close(state.variance, Tensor::of<float>({2.5, 150.5}), 1e-7);  // 4 and 300, dividing by n - 1
    const nn::BatchNormState before = state;
    const Tensor y = layer(x, state, nn::Pass::evaluate());
    CHECK(identical_trees(state, before));
    check_close(y, (x - before.mean) / sqrt(before.variance + 1e-5), 1e-6);
    // One value a channel has no variance; the state must stay finite.
    (void)layer(Tensor::of<float>({{1, 2}}), state, training);
    for (const double value : state.variance.to_vector<double>()) CHECK(std::isfinite(value));
}

TEST_CASE("the state is a constant to derivatives, and carries no record out of them") {
    const auto loss = [](const nn::BatchNorm& layer, nn::BatchNormState& state, const Tensor& x) {
        const Tensor y = layer(x, state, nn::Pass{.training = true});
        return sum(y * y) + sum(state.mean) * 5.0;
    };
    const auto without = [](const nn::BatchNorm& layer, nn::BatchNormState& state, const Tensor& x) {
        const Tensor y = layer(x, state, nn::Pass{.training = true});
        return sum(y * y);
    };
    const nn::BatchNorm layer = nn::BatchNorm::init(3);
    nn::BatchNormState a = nn::BatchNormState::init(3), b = a, c = a;
    const Tensor x = random_tensor({4, 3}, 1, ct::Dtype::float32);
    CHECK(identical_trees(ct::grad(loss)(layer, a, x), ct::grad(without)(layer, b, x)));
    CHECK(a.mean.node() == nullptr);
    (void)layer(x, c, nn::Pass{.training = true});
    CHECK(identical_trees(a, c));  // differentiating does not change what the state becomes
}

TEST_CASE("batch norm in float32 is near float64 where the mean is large") {
    for (const double shift : {0.0, 100.0, 10000.0}) {
        CAPTURE(shift);
        const Tensor x = cast(random_tensor({8, 2, 9, 9}, 1) + shift, ct::Dtype::float32);
        const Tensor gain = random_tensor({2}, 2, ct::Dtype::float32), bias = random_tensor({2}, 3, ct::Dtype::float32);
        const auto wide = [](const Tensor& t) { return cast(t, ct::Dtype::float64); };
        // The mean is rounded to float32, half an ulp of the shift.
        check_close(normalized(x, gain, bias), composed(wide(x), wide(gain), wide(bias), 1e-5), 16 * 1.2e-7 + shift * 1.2e-7);
    }
}

TEST_CASE("batch norm does not depend on the number of threads") {
    const Tensor x = random_tensor({8, 5, 33, 31}, 1, ct::Dtype::float32), gain = random_tensor({5}, 2, ct::Dtype::float32);
    check_thread_independence([&] {
        return ct::value_and_grad([](const Tensors& in) { return sum(square(normalized(in[0], in[1], in[2]) + 0.5)); })(
            Tensors{x, gain, gain});
    });
}

TEST_CASE("batch norm of bfloat16 is that of float32, rounded once") {
    ct::Rng rng(5);
    for (const ct::Shape& shape : {ct::Shape{4, 3, 5, 7}, ct::Shape{2, 3, 8, 8}, ct::Shape{9, 3}}) {
        const ct::Tensor x = ct::cast(ct::normal(rng, shape), ct::Dtype::bfloat16), wide = ct::cast(x, ct::Dtype::float32);
        const ct::Tensor gain = ct::normal(rng, {3}), bias = ct::normal(rng, {3});
        ct::nn::BatchStatistics of_half, of_wide;
        const auto half = ct::nn::batch_norm(x, gain, bias, 1e-5, of_half), full = ct::nn::batch_norm(wide, gain, bias, 1e-5, of_wide);
        CHECK(half.dtype() == ct::Dtype::bfloat16);
        CHECK(half.to_vector<float>() == ct::cast(full, ct::Dtype::bfloat16).to_vector<float>());
        CHECK(of_half.variance.to_vector<float>() == of_wide.variance.to_vector<float>());
        const ct::Tensor seed = ct::cast(ct::normal(rng, shape), ct::Dtype::bfloat16);
        const auto gradient = [&](const ct::Tensor& input) {
            const auto f = [&](const std::vector<ct::Tensor>& in) {
                ct::nn::BatchStatistics ignored;
                return ct::nn::batch_norm(in[0], in[1], in[2], 1e-5, ignored);
            };
            return ct::vjp(f, std::vector{input, gain, bias}).second(ct::cast(seed, input.dtype()));
        };
        const auto a = gradient(x), b = gradient(wide);
        CHECK(a[0].to_vector<float>() == ct::cast(b[0], ct::Dtype::bfloat16).to_vector<float>());
        CHECK(a[1].to_vector<float>() == b[1].to_vector<float>());
        CHECK(a[2].to_vector<float>() == b[2].to_vector<float>());
    }
}

TEST_CASE("batch norm names the shape or dtype that is wrong") {
    nn::BatchNormState state = nn::BatchNormState::init(3);
    const nn::BatchNorm layer = nn::BatchNorm::init(3);
    for (const bool training : {true, false}) {
        const nn::Pass pass{.training = training};
        CHECK_THROWS_WITH_AS((void)layer(ct::ones({2, 3, 4}), state, pass),
                             "batch_norm: x has shape [2, 3, 4], expected [N, C, H, W] or [N, C]", ct::ShapeError);
        CHECK_THROWS_WITH_AS((void)layer(ct::ones({2, 4}), state, pass),
                             "batch_norm: gain and bias have shapes [3] and [3], expected [4] for x [2, 4]", ct::ShapeError);
        CHECK_THROWS_WITH_AS((void)layer(ct::ones({0, 3}), state, pass),
                             "batch_norm: x has shape [0, 3], expected at least one element", ct::ShapeError);
        CHECK_THROWS_WITH_AS((void)layer(ct::ones({2, 3}, ct::Dtype::float64), state, pass),
                             "batch_norm: x, gain and bias are float64, float32 and float32, expected all float32 or all float64; or bfloat16, float32 and float32",
                             ct::DtypeError);
        const nn::BatchNorm mixed{layer.gain, ct::zeros({3}, ct::Dtype::float64)};
        CHECK_THROWS_AS((void)mixed(ct::ones({2, 3}), state, pass), ct::DtypeError);
    }
    // A failed call leaves the state alone.
    CHECK(identical_trees(state, nn::BatchNormState::init(3)));
}

TEST_CASE("batch norm of bfloat16 is computed in float32 and rounded once, its state and statistics stay float32") {
    const Tensor x = cast(random_tensor({4, 3, 5, 5}, 1, ct::Dtype::float32) * 3.0 + 100.0, ct::Dtype::bfloat16);
    const nn::BatchNorm norm{random_tensor({3}, 2, ct::Dtype::float32), random_tensor({3}, 3, ct::Dtype::float32)};
    const nn::BatchNorm rounded = ct::cast_tree(norm, ct::Dtype::bfloat16), exact = ct::cast_tree(rounded, ct::Dtype::float32);
    for (const bool training : {true, false}) {
        const nn::Pass pass{.training = training};
        nn::BatchNormState narrow = nn::BatchNormState::init(3), wide = narrow, mixed = narrow;
        const Tensor y = exact(cast(x, ct::Dtype::float32), wide, pass);
        CHECK(identical(rounded(x, narrow, pass), cast(y, ct::Dtype::bfloat16)));
        CHECK(identical_trees(narrow, wide));
        CHECK(norm(x, mixed, pass).dtype() == ct::Dtype::bfloat16);  // gain and bias may be float32
        CHECK(identical_trees(mixed, wide));
    }
}
