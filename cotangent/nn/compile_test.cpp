// What of a training step is recorded again, refused, or fine.
#include "cotangent/grad/compile/compile.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/clip.hpp"
#include "cotangent/nn/dense.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor;

TEST_CASE("a changed learning rate records again; clipping by norm, which branches on a number, is refused") {
    ct::Rng rng(1);
    nn::Dense net = nn::Dense::init(rng, {.inputs = 3, .outputs = 2});
    const Tensor x = ct::normal(rng, {4, 3});
    auto optimizer = nn::Sgd<nn::Dense>::init(net, {.lr = 0.1});
    const auto loss = [&](const nn::Dense& m) { return sum(square(m(x))); };
    auto step = ct::compile([&](nn::Dense& m, nn::Sgd<nn::Dense>& sgd) { sgd.update(m, ct::grad(loss)(m)); });
    step(net, optimizer);
    optimizer.options.lr = 0;
    const nn::Dense before = net;
    step(net, optimizer);
    CHECK(step.recordings() == 2);
    CHECK(net.weight.to_vector<float>() == before.weight.to_vector<float>());
    auto clipped = ct::compile([&](const nn::Dense& m) {
        auto gradient = ct::grad(loss)(m);
        nn::clip_by_global_norm(gradient, 1);
        return gradient;
    });
    CHECK_THROWS_AS((void)clipped(net), ct::ValueError);
    auto cut = ct::compile([&](const nn::Dense& m) {
        auto gradient = ct::grad(loss)(m);
        nn::clip_by_value(gradient, 0.01);
        return gradient;
    });
    for (const float value : cut(net).weight.to_vector<float>()) CHECK(std::abs(value) <= 0.01f);
}
