#include "cotangent/nn/detail/compile_testing.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor, nn::testing::check_training;

TEST_CASE("compiled steps of residual networks train as the steps themselves") {
    ct::Rng rng(1);
    const Tensor labels = ct::integers(rng, {4}, 0, 10);
    const nn::ResNet resnet = nn::ResNet::init(rng, {.depth = 8, .width = 8});
    const Tensor colours = ct::normal(rng, {4, 3, 16, 16});
    check_training(
        resnet, resnet.initial_state(),
        nn::Sgd<nn::ResNet>::init(resnet, {.lr = 0.01, .momentum = 0.9, .weight_decay = 5e-4}),
        [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) {
            return nn::cross_entropy(m(colours, state, pass), labels);
        },
        1e-4);
    // Images that fill blocks, and enough of them.
    const nn::ResNet wide = nn::ResNet::init(rng, {.depth = 8, .width = 16});
    const Tensor more = ct::normal(rng, {9, 3, 16, 16}), more_labels = ct::integers(rng, {9}, 0, 10);
    check_training(
        wide, wide.initial_state(), nn::Sgd<nn::ResNet>::init(wide, {.lr = 0.01, .momentum = 0.9}),
        [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) {
            return nn::cross_entropy(m(more, state, pass), more_labels);
        },
        1e-4);
    const Tensor rounded = ct::cast(more, ct::Dtype::bfloat16);
    check_training(
        wide, wide.initial_state(), nn::Sgd<nn::ResNet>::init(wide, {.lr = 0.01}),
        [&](const nn::ResNet& m, nn::ResNet::State& state, nn::Pass& pass) {
            return nn::cross_entropy(ct::cast_tree(m, ct::Dtype::bfloat16)(rounded, state, pass), more_labels);
        },
        3e-2);
}
