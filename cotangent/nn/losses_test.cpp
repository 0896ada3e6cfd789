#include "cotangent/nn/losses.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "tests/elsewhere.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("cross_entropy agrees with PyTorch on labels, smoothed labels and probabilities") {
    const Golden golden("cross_entropy");
    for (const std::string name : {"plain", "smoothed"})
        for (const ct::Dtype dtype : {ct::Dtype::int64, ct::Dtype::int32})
            check_golden(golden, name, {"scores"}, [&](const Tensors& in) {
                return nn::cross_entropy(in[0], cast(golden(name + "/labels"), dtype),
                                         {.label_smoothing = golden(name + "/label_smoothing").item()});
            });
    // targets are the second input that can be differentiated, but PyTorch's file has no gradient for them
    check_golden(golden, "probabilities", {"scores"}, [&](const Tensors& in) {
        return nn::cross_entropy(in[0], cast(golden("probabilities/targets"), in[0].dtype()));
    });
}

TEST_CASE("the other losses agree with PyTorch") {
    const Golden golden("losses");
    const auto check = [&](const std::string& name, auto loss) {
        check_golden(golden, name, {"x"}, [&](const Tensors& in) { return loss(in[0], cast(golden(name + "/targets"), in[0].dtype())); });
    };
    check("binary_cross_entropy_scores", nn::binary_cross_entropy);
    check("mean_squared_error", nn::mean_squared_error);
    for (const std::string name : {"huber", "huber_narrow"})
        check(name, [&](const Tensor& x, const Tensor& t) { return nn::huber(x, t, golden(name + "/delta").item()); });
}

TEST_CASE("cross_entropy has the derivatives that differences give, to second order") {
    const Tensor logits = random_tensor({4, 5}, 1), labels = Tensor::of<std::int64_t>({0, 4, 2, 2});
    for (const double smoothing : {0.0, 0.1, 1.0})
        CHECK_NOTHROW(ct::check_derivatives(
            [&](const Tensor& x) { return nn::cross_entropy(x, labels, {.label_smoothing = smoothing}); }, logits));
    CHECK_NOTHROW(ct::check_derivatives([&](const Tensor& x) { return nn::cross_entropy(reshape(x, {2, 2, 5}), reshape(labels, {2, 2})); },
                                        logits));
    const Tensor targets = softmax(random_tensor({4, 5}, 2));
    CHECK_NOTHROW(ct::check_derivatives(
        [](const Tensor& x, const Tensor& t) { return nn::cross_entropy(x, t, {.label_smoothing = 0.2}); }, logits, targets));
}

TEST_CASE("the other losses have the derivatives that differences give") {
    const Tensor x = random_tensor({3, 4}, 1), t = random_tensor({3, 4}, 2), share = sigmoid(t);
    CHECK_NOTHROW(ct::check_derivatives([](auto&... in) { return nn::binary_cross_entropy(in...); }, x, share));
    CHECK_NOTHROW(ct::check_derivatives([](auto&... in) { return nn::mean_squared_error(in...); }, x, t));
    CHECK_NOTHROW(ct::check_derivatives([](auto&... in) { return nn::huber(in..., 0.8); }, x, t));
}

TEST_CASE("cross_entropy's kernel agrees with its composition to second order") {
    const Tensor logits = random_tensor({300, 37}, 1), direction = random_tensor({300, 37}, 2);
    ct::Rng rng(3);
    const Tensor labels = ct::integers(rng, {300}, 0, 37), hits = one_hot(labels, 37, ct::Dtype::float64);
    const auto fused = [&](const Tensor& x) { return nn::cross_entropy(x, labels, {.label_smoothing = 0.1}); };
    const auto plain = [&](const Tensor& x) { return -mean(sum(log_softmax(x) * (hits * 0.9 + 0.1 / 37), {.axes = {1}})); };
    CHECK(fused(logits).item() == doctest::Approx(plain(logits).item()).epsilon(1e-13));
    check_close(ct::grad(fused)(logits), ct::grad(plain)(logits), 1e-15);
    check_close(ct::hvp(fused, logits, direction), ct::hvp(plain, logits, direction), 1e-15);
}

TEST_CASE("labels are the probabilities that are all on one class") {
    const Tensor logits = random_tensor({6, 4}, 1), labels = Tensor::of<std::int64_t>({0, 1, 2, 3, 3, 0});
    for (const double smoothing : {0.0, 0.3})
        CHECK(nn::cross_entropy(logits, labels, {.label_smoothing = smoothing}).item() ==
              doctest::Approx(nn::cross_entropy(logits, one_hot(labels, 4, ct::Dtype::float64), {.label_smoothing = smoothing}).item())
                  .epsilon(1e-14));
}

TEST_CASE("cross_entropy of huge logits is finite and exact") {
    const Tensor logits = Tensor::of<float>({{1000, -1000, 0}, {-1000, 1000, 0}});
    const auto loss = [](const Tensor& x) { return nn::cross_entropy(x, Tensor::of<std::int64_t>({0, 0})); };
    const auto [value, gradient] = ct::value_and_grad(loss)(logits);
    CHECK(value.item() == 1000);  // (0 + 2000) / 2
    CHECK(gradient.to_vector<float>() == std::vector<float>{0, 0, 0, -0.5, 0.5, 0});
    CHECK(nn::cross_entropy(ct::zeros({3, 8}), ct::zeros({3}, ct::Dtype::int64)).item() == doctest::Approx(std::log(8)));
}

TEST_CASE("losses of bfloat16 are those of the same numbers in float32") {
    const Tensor p = cast(random_tensor({5, 3}, 1), ct::Dtype::bfloat16), t = cast(ct::sigmoid(random_tensor({5, 3}, 2)), ct::Dtype::bfloat16);
    const Tensor wide_p = cast(p, ct::Dtype::float32), wide_t = cast(t, ct::Dtype::float32);
    CHECK(identical(nn::binary_cross_entropy(p, t), nn::binary_cross_entropy(wide_p, wide_t)));
    CHECK(identical(nn::mean_squared_error(p, t), nn::mean_squared_error(wide_p, wide_t)));
    CHECK(identical(nn::huber(p, t, 0.5), nn::huber(wide_p, wide_t, 0.5)));
}

TEST_CASE("cross_entropy takes bfloat16 logits, with labels and with probabilities") {
    const Tensor logits = cast(random_tensor({4, 3}, 1), ct::Dtype::bfloat16), labels = Tensor::of<std::int64_t>({0, 1, 2, 1});
    const double expected = nn::cross_entropy(cast(logits, ct::Dtype::float32), labels).item();
    CHECK(nn::cross_entropy(logits, labels).item() == expected);
    CHECK(nn::cross_entropy(logits, one_hot(labels, 3, ct::Dtype::bfloat16)).item() == doctest::Approx(expected));
}

TEST_CASE("binary_cross_entropy keeps its precision at any logit, and its derivative at 0") {
    const auto loss = [](const Tensor& x, const Tensor& t) { return nn::binary_cross_entropy(x, t) * 6.0; };
    const Tensor x = Tensor::of<double>({-800, -40, 0, 0, 40, 800}), t = Tensor::of<double>({0, 0, 0, 1, 1, 1});
    const auto [value, gradient] = ct::value_and_grad(loss)(x, t);
    CHECK(value.item() == doctest::Approx(2 * std::log(2) + 2 * std::exp(-40)).epsilon(1e-15));
    check_close(gradient, Tensor::of<double>({0, std::exp(-40), 0.5, -0.5, -std::exp(-40), 0}), 1e-16);
    const Tensor curvature = ct::hvp([&](const Tensor& v) { return loss(v, t); }, x, ct::ones({6}, ct::Dtype::float64));
    CHECK(curvature.to_vector<double>()[2] == doctest::Approx(0.25));
    // Far off the wrong side the loss is the logit itself.
    CHECK(nn::binary_cross_entropy(Tensor::of<float>({300}), Tensor::of<float>({0})).item() == 300);
}

TEST_CASE("huber is half the square within delta and a line beyond") {
    const Tensor p = Tensor::of<double>({0.5, -3, 2}), zero = ct::zeros({3}, ct::Dtype::float64);
    CHECK(nn::huber(p, zero, 2).item() == doctest::Approx((0.125 + 2 * (3 - 1) + 2) / 3));
    CHECK(nn::huber(p, zero, 100).item() == doctest::Approx(nn::mean_squared_error(p, zero).item() / 2));
    CHECK(ct::grad([&](const Tensor& x) { return nn::huber(x, zero, 2); })(zero).to_vector<double>() == std::vector<double>(3, 0));
}

TEST_CASE("losses do not depend on the number of threads") {
    const Tensor logits = random_tensor({3000, 40}, 1, ct::Dtype::float32), other = random_tensor({3000, 40}, 2, ct::Dtype::float32);
    ct::Rng rng(3);
    const Tensor labels = ct::integers(rng, {3000}, 0, 40);
    check_thread_independence([&] { return ct::value_and_grad([&](const Tensor& x) { return nn::cross_entropy(x, labels); })(logits); });
    check_thread_independence([&] {
        return ct::value_and_grad([&](const Tensor& x) { return nn::huber(x, other) + nn::binary_cross_entropy(x, other); })(logits);
    });
}

TEST_CASE("losses name the argument that is wrong") {
    const Tensor logits = ct::zeros({2, 3});
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(logits, Tensor::of<std::int64_t>({0, 3})),
                         "cross_entropy: labels[1] is 3, expected 0 to 2 for logits [2, 3]", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(logits, Tensor::of<std::int32_t>({-100, 0})),
                         "cross_entropy: labels[0] is -100, expected 0 to 2 for logits [2, 3]", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(logits, Tensor::of<std::int64_t>({0})),
                         "cross_entropy: labels have shape [1], expected [2] for logits [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(logits, ct::zeros({3, 3})),
                         "cross_entropy: targets have shape [3, 3], expected [2, 3] as the predictions", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(ct::zeros({0, 3}), ct::zeros({0}, ct::Dtype::int64)),
                         "cross_entropy: logits have shape [0, 3], expected [..., classes]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::cross_entropy(logits, Tensor::of<std::int64_t>({0, 1}), {.label_smoothing = 1.5}),
                         "cross_entropy: label_smoothing is 1.5, expected 0 to 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::mean_squared_error(logits, ct::zeros({2})),
                         "mean_squared_error: targets have shape [2], expected [2, 3] as the predictions", ct::ShapeError);
    CHECK_THROWS_AS((void)nn::binary_cross_entropy(logits, ct::zeros({2})), ct::ShapeError);
    CHECK_THROWS_AS((void)nn::mean_squared_error(logits, ct::zeros({2, 3}, ct::Dtype::float64)), ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)nn::huber(logits, logits, 0), "huber: delta is 0, expected more than 0", ct::ValueError);
}

TEST_CASE("a loss that another thread computes is refused where its derivative would be lost") {
    const Tensor logits = ct::ones({2, 3}), labels = Tensor::of<std::int64_t>({0, 2});
    const auto loss = [&](const Tensor& x) { return ct::testing::elsewhere([&] { return nn::cross_entropy(x, labels); }); };
    CHECK_THROWS_WITH_AS((void)ct::grad(loss)(logits), doctest::Contains("went through an op on another thread"),
                         ct::ValueError);
}
