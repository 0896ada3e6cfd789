#include "workloads.hpp"

#include <memory>

#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/gpt.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::bench {
namespace {

Tensor multiply_chain(const Tensor& x, const Tensor& factor) {
    Tensor y = x;
    for (int k = 0; k < 200; ++k) y = y * factor;
    return y;
}

Step chain_forward() {
    return [x = ones({1}), factor = full({1}, 1.01)] { return multiply_chain(x, factor).item(); };
}

Step chain_grad() {
    const auto gradient = grad([factor = full({1}, 1.01)](const Tensor& x) { return multiply_chain(x, factor); });
    return [=, x = ones({1})] { return gradient(x).item(); };
}

Step gelu_step() {
    Rng rng(1);
    return [x = normal(rng, {1000000}), seed = ones({1000000})] {
        const auto [y, pullback] = vjp([](const Tensor& v) { return gelu(v); }, x);
        return static_cast<double>(pullback(seed).values<float>()[0]);
    };
}

/// A training step on one batch that stays the same. Loss: (model, state) -> scalar.
template <class Model, class State, class Optimizer, class Loss>
Step training(Model model, State state, Optimizer optimizer, Loss loss) {
    struct Run {
        Model model;
        State state;
        Optimizer optimizer;
    };
    const auto run = std::make_shared<Run>(Run{std::move(model), std::move(state), std::move(optimizer)});
    return [run, step = value_and_grad(std::move(loss))] {
        const auto [value, gradient] = step(run->model, run->state);
        run->optimizer.update(run->model, gradient);
        return value.item();
    };
}

Step mlp() {
    Rng rng(1);
    const nn::Mlp net = nn::Mlp::init(rng, {784, 128, 10});
    const Tensor x = normal(rng, {32, 784}), labels = integers(rng, {32}, 0, 10);
    return training(net, nn::NoState{}, nn::Adam<nn::Mlp>::init(net, {.lr = 1e-3}),
                    [=](const nn::Mlp& model, nn::NoState&) { return nn::cross_entropy(model(x), labels); });
}

Step lenet5() {
    Rng rng(1);
    const nn::LeNet5 net = nn::LeNet5::init(rng);
    const Tensor x = normal(rng, {128, 1, 28, 28}), labels = integers(rng, {128}, 0, 10);
    return training(net, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(net, {.lr = 0.01, .momentum = 0.9}),
                    [=](const nn::LeNet5& model, nn::NoState&) { return nn::cross_entropy(model(x), labels); });
}

Step resnet20(Dtype precision) {
    Rng rng(1);
    const nn::ResNet net = nn::ResNet::init(rng);
    const Tensor x = cast(normal(rng, {128, 3, 32, 32}), precision), labels = integers(rng, {128}, 0, 10);
    return training(net, net.initial_state(),
                    nn::Sgd<nn::ResNet>::init(net, {.lr = 0.01, .momentum = 0.9, .weight_decay = 5e-4}),
                    [=](const nn::ResNet& model, nn::ResNet::State& state) {
                        nn::Pass pass = nn::Pass::train(Rng(2));
                        return nn::cross_entropy(cast_tree(model, precision)(x, state, pass), labels);
                    });
}

Step gpt() {
    Rng rng(1);
    const nn::Gpt net = nn::Gpt::init(rng);
    const Tensor text = integers(rng, {16, 64}, 0, 256), next = integers(rng, {16, 64}, 0, 256);
    return training(net, nn::NoState{}, nn::adam_w(net, {.lr = 3e-4, .weight_decay = 0.01}),
                    [=](const nn::Gpt& model, nn::NoState&) { return nn::cross_entropy(model(text), next); });
}

}  // namespace

Step make_workload(const std::string& name) {
    if (name == "multiply_chain_forward") return chain_forward();
    if (name == "multiply_chain_grad") return chain_grad();
    if (name == "gelu") return gelu_step();
    if (name == "mlp") return mlp();
    if (name == "lenet5") return lenet5();
    if (name == "resnet20") return resnet20(Dtype::float32);
    if (name == "resnet20_bf16") return resnet20(Dtype::bfloat16);
    if (name == "gpt") return gpt();
    throw ValueError("cotangent_bench: workload is " + name +
                     ", expected multiply_chain_forward, multiply_chain_grad, gelu, mlp, lenet5, resnet20, resnet20_bf16 or gpt");
}

}  // namespace cotangent::bench
