// What of a training step is recorded again, refused, or fine.
#include "cotangent/grad/compile/compile.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/clip.hpp"
#include "cotangent/nn/dense.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/schedule.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor;
using nn::testing::check_close;

TEST_CASE("a compiled step clips by norm and follows a schedule of learning rates without another recording") {
    ct::Rng rng(2);
    const nn::Dense start = nn::Dense::init(rng, {.inputs = 3, .outputs = 2});
    const Tensor x = ct::normal(rng, {4, 3});
    const auto train = [&](auto optimizer) {
        const auto eager = [](nn::Dense& net, decltype(optimizer)& by, const Tensor& in) {
            auto gradient = ct::grad([&](const nn::Dense& m) { return sum(square(m(in))); })(net);
            const Tensor norm = nn::clip_by_global_norm(gradient, 2);
            by.update(net, gradient);
            return norm;
        };
        auto step = ct::compile(eager);
        nn::Dense net = start, expected = start;
        auto other = optimizer;
        const nn::Schedule schedule = nn::cosine(0.1, 6);
        bool above = false, below = false;
        for (int k = 0; k < 6; ++k) {
            optimizer.options.lr = other.options.lr = schedule(k);
            const Tensor in = k % 2 ? x : x * 0.05;
            const double norm = step(net, optimizer, in).item();
            CHECK(norm == doctest::Approx(eager(expected, other, in).item()).epsilon(1e-6));
            (norm > 2 ? above : below) = true;
            check_close(net.weight, expected.weight, 1e-6);
            CHECK(optimizer.options.lr == schedule(k));
        }
        CHECK(above);
        CHECK(below);
        CHECK(step.recordings() == 1);
        optimizer.options.lr = 0;
        const nn::Dense before = net;
        (void)step(net, optimizer, x);
        CHECK(net.weight.to_vector<float>() == before.weight.to_vector<float>());
    };
    train(nn::Sgd<nn::Dense>::init(start, {}));
    train(nn::Sgd<nn::Dense>::init(start, {.momentum = 0.5}));
    train(nn::Adam<nn::Dense>::init(start, {}));
    train(nn::adam_w(start, {.weight_decay = 0.1}));
    train(nn::RmsProp<nn::Dense>::init(start, {}));
}

TEST_CASE("a plain number that is trained is refused, since a recording would keep it") {
    struct Sloped {
        Tensor weight;
        double slope = 1;
    };
    Sloped model{Tensor::of<double>({3, 4}), 1};
    auto optimizer = nn::Sgd<Sloped>::init(model, {.lr = 0.1});
    const auto step = [](Sloped& m, nn::Sgd<Sloped>& sgd, double slope) { sgd.update(m, Sloped{m.weight, slope}); };
    auto compiled = ct::compile(step);
    CHECK_THROWS_WITH_AS(
        compiled(model, optimizer, 1.0),
        "update: a plain number of the model has a gradient, which compile() would freeze; make it a tensor",
        ct::ValueError);
    compiled(model, optimizer, 0.0);
    CHECK(model.slope == 1);
    check_close(model.weight, Tensor::of<double>({2.7, 3.6}), 1e-14);
}

TEST_CASE("clip_by_value is compiled") {
    ct::Rng rng(2);
    const nn::Dense net = nn::Dense::init(rng, {.inputs = 3, .outputs = 2});
    const Tensor x = ct::normal(rng, {4, 3});
    const auto loss = [&](const nn::Dense& m) { return sum(square(m(x))); };
    auto cut = ct::compile([&](const nn::Dense& m) {
        auto gradient = ct::grad(loss)(m);
        nn::clip_by_value(gradient, 0.01);
        return gradient;
    });
    for (const float value : cut(net).weight.to_vector<float>()) CHECK(std::abs(value) <= 0.01f);
}

TEST_CASE("clipping by norm is compiled for a model that holds a setting too") {
    struct Scaled {
        Tensor weight;
        double power = 2;
    };
    const Scaled model{Tensor::of<double>({3, 4}), 2};
    const auto clipped = [](const Scaled& m) {
        auto gradient = ct::grad([](const Scaled& at) { return sum(pow(at.weight, at.power)); })(m);
        (void)nn::clip_by_global_norm(gradient, 1);
        return gradient;
    };
    auto compiled = ct::compile(clipped);
    check_close(compiled(model).weight, Tensor::of<double>({0.6, 0.8}), 1e-12);
    check_close(compiled(model).weight, clipped(model).weight, 1e-14);
}
