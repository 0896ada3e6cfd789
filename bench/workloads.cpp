#include "workloads.hpp"

#include <memory>

#include "cotangent/grad/compile/compile.hpp"
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

/// Is the step run as it is written, or compiled?
enum class Run : std::uint8_t { eager, compiled };

/// A training step on one batch that stays the same. Loss: (model, state) -> scalar.
template <class Model, class State, class Optimizer, class Loss>
Step training(Run how, Model model, State state, Optimizer optimizer, Loss loss) {
    auto step = [gradient_of = value_and_grad(std::move(loss))](Model& net, State& at, Optimizer& optimize) {
        const auto [value, gradient] = gradient_of(net, at);
        optimize.update(net, gradient);
        return value;
    };
    struct Training {
        Model model;
        State state;
        Optimizer optimizer;
        Compiled<decltype(step)> compiled;
    };
    const auto run = std::make_shared<Training>(Training{std::move(model), std::move(state), std::move(optimizer), compile(step)});
    if (how == Run::compiled) return [run] { return run->compiled(run->model, run->state, run->optimizer).item(); };
    return [run, step] { return step(run->model, run->state, run->optimizer).item(); };
}

Step mlp(Run how) {
    Rng rng(1);
    const nn::Mlp net = nn::Mlp::init(rng, {784, 128, 10});
    const Tensor x = normal(rng, {32, 784}), labels = integers(rng, {32}, 0, 10);
    return training(how, net, nn::NoState{}, nn::Adam<nn::Mlp>::init(net, {.lr = 1e-3}),
                    [=](const nn::Mlp& model, nn::NoState&) { return nn::cross_entropy(model(x), labels); });
}

Step lenet5(Run how) {
    Rng rng(1);
    const nn::LeNet5 net = nn::LeNet5::init(rng);
    const Tensor x = normal(rng, {128, 1, 28, 28}), labels = integers(rng, {128}, 0, 10);
    return training(how, net, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(net, {.lr = 0.01, .momentum = 0.9}),
                    [=](const nn::LeNet5& model, nn::NoState&) { return nn::cross_entropy(model(x), labels); });
}

Step resnet20(Run how, Dtype precision) {
    Rng rng(1);
    const nn::ResNet net = nn::ResNet::init(rng);
    const Tensor x = cast(normal(rng, {128, 3, 32, 32}), precision), labels = integers(rng, {128}, 0, 10);
    return training(how, net, net.initial_state(),
                    nn::Sgd<nn::ResNet>::init(net, {.lr = 0.01, .momentum = 0.9, .weight_decay = 5e-4}),
                    [=](const nn::ResNet& model, nn::ResNet::State& state) {
                        nn::Pass pass = nn::Pass::train(Rng(2));
                        return nn::cross_entropy(cast_tree(model, precision)(x, state, pass), labels);
                    });
}

Step gpt(Run how, std::int64_t texts, std::int64_t tokens) {
    Rng rng(1);
    const nn::Gpt net = nn::Gpt::init(rng, {.context = tokens});
    const Tensor text = integers(rng, {texts, tokens}, 0, 256), next = integers(rng, {texts, tokens}, 0, 256);
    return training(how, net, nn::NoState{}, nn::adam_w(net, {.lr = 3e-4, .weight_decay = 0.01}),
                    [=](const nn::Gpt& model, nn::NoState&) { return nn::cross_entropy(model(text), next); });
}

}  // namespace

Step make_workload(const std::string& name) {
    if (name == "multiply_chain_forward") return chain_forward();
    if (name == "multiply_chain_grad") return chain_grad();
    if (name == "gelu") return gelu_step();
    if (name == "mlp") return mlp(Run::eager);
    if (name == "mlp_compiled") return mlp(Run::compiled);
    if (name == "lenet5") return lenet5(Run::eager);
    if (name == "lenet5_compiled") return lenet5(Run::compiled);
    if (name == "resnet20") return resnet20(Run::eager, Dtype::float32);
    if (name == "resnet20_compiled") return resnet20(Run::compiled, Dtype::float32);
    if (name == "resnet20_bf16") return resnet20(Run::eager, Dtype::bfloat16);
    if (name == "gpt") return gpt(Run::eager, 16, 64);
    if (name == "gpt_compiled") return gpt(Run::compiled, 16, 64);
    if (name == "gpt_long") return gpt(Run::eager, 4, 256);
    if (name == "gpt_long_compiled") return gpt(Run::compiled, 4, 256);
    throw ValueError("cotangent_bench: workload is " + name +
                     ", expected multiply_chain_forward, multiply_chain_grad, gelu, mlp, lenet5, resnet20, resnet20_bf16, gpt or gpt_long, or "
                     "mlp, lenet5, resnet20, gpt or gpt_long with _compiled");
}

}  // namespace cotangent::bench
