#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/clip.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/sgd.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("after its second step a training step asks the system for no memory, on 1, 2 and 4 threads") {
    const int threads = ct::thread_count();
    const auto check = [](const char* what, auto net, auto state, auto optimizer, const Tensor& images, bool training) {
        CAPTURE(std::string(what));
        const Tensor labels = ct::zeros({images.length(0)}, ct::Dtype::int64);
        const auto loss = [&](const auto& model, auto& seen, nn::Pass& pass) {
            return nn::cross_entropy(model(images, seen, pass), labels);
        };
        const auto step_function = ct::value_and_grad(loss);
        const auto step = [&] {
            nn::Pass pass{.training = training, .rng = ct::Rng(1)};
            auto [value, gradient] = step_function(net, state, pass);
            (void)nn::clip_by_global_norm(gradient, 1);
            optimizer.update(net, gradient);
        };
        for (const int count : {1, 2, 4}) {
            CAPTURE(count);
            ct::set_thread_count(count);
            step();
            step();
            const auto before = ct::memory_counters().system_allocations;
            for (int k = 0; k < 20; ++k) step();
            CHECK(ct::memory_counters().system_allocations == before);
        }
    };
    ct::Rng rng(1);
    const Tensor images = ct::normal(rng, {64, 1, 28, 28});
    const nn::Mlp mlp = nn::Mlp::init(rng, {784, 64, 10});
    check("mlp", mlp, nn::NoState{}, nn::Adam<nn::Mlp>::init(mlp, {}), images, true);
    const nn::LeNet5 lenet = nn::LeNet5::init(rng);
    check("lenet5", lenet, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(lenet, {.momentum = 0.9}), images, true);
    const nn::ResNet resnet = nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = 8});
    check("resnet", resnet, resnet.initial_state(), nn::RmsProp<nn::ResNet>::init(resnet, {}), images, true);
    ct::set_thread_count(threads);
}
