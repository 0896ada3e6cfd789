// Training steps, compiled: model, optimizer and state go in and out, and the numbers stay those of the step itself.
#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/clip.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/dropout.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/gpt.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor;

namespace {

/// Steps of one training beside those of the same, compiled.
template <class Model, class State, class Optimizer, class Loss>
void check_training(Model model, State state, Optimizer optimizer, const Loss& loss, double tolerance) {
    const auto step = [&](Model& net, State& at, Optimizer& optimize, nn::Pass& pass) {
        auto [value, gradient] = ct::value_and_grad([&](const Model& m) { return loss(m, at, pass); })(net);
        optimize.update(net, gradient);
        return value;
    };
    auto compiled = ct::compile(step);
    Model ours = model;
    State our_state = state;
    Optimizer our_optimizer = optimizer;
    nn::Pass pass = nn::Pass::train(ct::Rng(1)), our_pass = pass;
    for (int k = 0; k < 4; ++k) {
        const double expected = step(model, state, optimizer, pass).item();
        CHECK(compiled(ours, our_state, our_optimizer, our_pass).item() == doctest::Approx(expected).epsilon(tolerance));
    }
    CHECK(compiled.recordings() == 1);
    CHECK(pass.rng == our_pass.rng);
    const auto close = [&](const auto& seen, const auto& expected) {
        const auto a = ct::leaves(seen), b = ct::leaves(expected);
        REQUIRE(a.size() == b.size());
        for (std::size_t k = 0; k < a.size(); ++k) {
            const auto x = a[k].template to_vector<double>(), y = b[k].template to_vector<double>();
            REQUIRE(x.size() == y.size());
            for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(std::abs(x[i] - y[i]) <= tolerance * (1 + std::abs(y[i])));
        }
    };
    close(ours, model);
    close(our_state, state);
    if constexpr (requires { optimizer.step; }) CHECK(our_optimizer.step == optimizer.step);
}

}  // namespace

TEST_CASE("a compiled step of a perceptron with dropout trains as the step itself, with every optimizer") {
    ct::Rng rng(1);
    const nn::Mlp net = nn::Mlp::init(rng, {12, 40, 5});
    const Tensor x = ct::normal(rng, {16, 12}), labels = ct::integers(rng, {16}, 0, 5);
    const auto loss = [&](const nn::Mlp& model, nn::NoState&, nn::Pass& pass) {
        return nn::cross_entropy(model(nn::dropout(x, 0.25, pass)), labels, {.label_smoothing = 0.1});
    };
    check_training(net, nn::NoState{}, nn::Adam<nn::Mlp>::init(net, {.lr = 0.01, .weight_decay = 0.01}), loss, 1e-6);
    check_training(net, nn::NoState{}, nn::adam_w(net, {.lr = 0.01, .weight_decay = 0.01}), loss, 1e-6);
    check_training(net, nn::NoState{}, nn::Sgd<nn::Mlp>::init(net, {.lr = 0.1}), loss, 1e-6);
    check_training(net, nn::NoState{}, nn::Sgd<nn::Mlp>::init(net, {.lr = 0.1, .momentum = 0.9, .nesterov = true}), loss, 1e-6);
    check_training(net, nn::NoState{}, nn::RmsProp<nn::Mlp>::init(net, {.lr = 0.01, .momentum = 0.5}), loss, 1e-6);
}

TEST_CASE("compiled steps of LeNet-5, a ResNet and a GPT train as the steps themselves") {
    ct::Rng rng(1);
    const Tensor labels = ct::integers(rng, {4}, 0, 10);
    const nn::LeNet5 lenet = nn::LeNet5::init(rng, {.side = 16});
    const Tensor greys = ct::normal(rng, {4, 1, 16, 16});
    check_training(lenet, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(lenet, {.lr = 0.01, .momentum = 0.9}),
                   [&](const nn::LeNet5& m, nn::NoState&, nn::Pass&) { return nn::cross_entropy(m(greys), labels); }, 1e-5);
    const nn::ResNet resnet = nn::ResNet::init(rng, {.depth = 8, .width = 8});
    const Tensor colours = ct::normal(rng, {4, 3, 16, 16});
    check_training(resnet, resnet.initial_state(), nn::Sgd<nn::ResNet>::init(resnet, {.lr = 0.01, .momentum = 0.9, .weight_decay = 5e-4}),
                   [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) { return nn::cross_entropy(m(colours, state, pass), labels); },
                   1e-4);
    // Images that fill blocks, and enough of them.
    const nn::ResNet wide = nn::ResNet::init(rng, {.depth = 8, .width = 16});
    const Tensor more = ct::normal(rng, {9, 3, 16, 16}), more_labels = ct::integers(rng, {9}, 0, 10);
    check_training(wide, wide.initial_state(), nn::Sgd<nn::ResNet>::init(wide, {.lr = 0.01, .momentum = 0.9}),
                   [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) { return nn::cross_entropy(m(more, state, pass), more_labels); },
                   1e-4);
    const Tensor rounded = ct::cast(more, ct::Dtype::bfloat16);
    check_training(wide, wide.initial_state(), nn::Sgd<nn::ResNet>::init(wide, {.lr = 0.01}),
                   [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) {
                       return nn::cross_entropy(ct::cast_tree(m, ct::Dtype::bfloat16)(rounded, state, pass), more_labels);
                   },
                   3e-2);
    const nn::Gpt gpt = nn::Gpt::init(rng, {.vocabulary = 20, .context = 8, .width = 16, .layers = 2, .heads = 2});
    const Tensor text = ct::integers(rng, {3, 8}, 0, 20), next = ct::integers(rng, {3, 8}, 0, 20);
    check_training(gpt, nn::NoState{}, nn::adam_w(gpt, {.lr = 1e-3}),
                   [&](const nn::Gpt& m, nn::NoState&, nn::Pass&) { return nn::cross_entropy(m(text), next); }, 1e-4);
}

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
