#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/detail/compile_testing.hpp"
#include "cotangent/nn/dropout.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor, nn::testing::check_training;

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
    check_training(net, nn::NoState{}, nn::Sgd<nn::Mlp>::init(net, {.lr = 0.1, .momentum = 0.9, .nesterov = true}), loss,
                   1e-6);
    check_training(net, nn::NoState{}, nn::RmsProp<nn::Mlp>::init(net, {.lr = 0.01, .momentum = 0.5}), loss, 1e-6);
}
