#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/detail/compile_testing.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/gpt.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/sgd.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
namespace nn = ct::nn;
using ct::Tensor, nn::testing::check_training;

TEST_CASE("a compiled step of LeNet-5 trains as the step itself") {
    ct::Rng rng(1);
    const Tensor labels = ct::integers(rng, {4}, 0, 10);
    const nn::LeNet5 lenet = nn::LeNet5::init(rng, {.side = 16});
    const Tensor greys = ct::normal(rng, {4, 1, 16, 16});
    check_training(
        lenet, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(lenet, {.lr = 0.01, .momentum = 0.9}),
        [&](const nn::LeNet5& m, nn::NoState&, nn::Pass&) { return nn::cross_entropy(m(greys), labels); }, 1e-5);
}

TEST_CASE("a compiled step of a GPT trains as the step itself") {
    ct::Rng rng(1);
    const nn::Gpt gpt = nn::Gpt::init(rng, {.vocabulary = 20, .context = 8, .width = 16, .layers = 2, .heads = 2});
    const Tensor text = ct::integers(rng, {3, 8}, 0, 20), next = ct::integers(rng, {3, 8}, 0, 20);
    // The bias of keys has no gradient but roundings; without such an epsilon Adam would make whole steps of them.
    check_training(
        gpt, nn::NoState{}, nn::adam_w(gpt, {.lr = 1e-3, .epsilon = 1e-3}),
        [&](const nn::Gpt& m, nn::NoState&, nn::Pass&) { return nn::cross_entropy(m(text), next); }, 1e-5);
}
