// A training loop by hand: a residual network with the state of its batch norms, dropout, a learning rate schedule,
// and a checkpoint. docs/guide/train.md walks through it and through fit.cpp, which leaves the loop to fit().
#include <cstdio>
#include <filesystem>

#include "cotangent/cotangent.hpp"

namespace {

namespace nn = ct::nn;

// [network]
struct Net {
    nn::ResNet body;  // its head gives 32 features here
    nn::Dense head;

    ct::Tensor operator()(const ct::Tensor& images, nn::ResNet::State& state, nn::Pass& pass) const {
        return head(nn::dropout(relu(body(images, state, pass)), 0.2, pass));
    }
};
// [network]

// [training]
struct Training {
    Net net;
    nn::ResNet::State state;  // running means and variances: saved with the rest, not differentiated
    nn::Adam<Net> optimizer;
};
// [training]

Training start(ct::Rng& rng, std::int64_t classes) {
    Net net{nn::ResNet::init(rng, {.depth = 8, .width = 8, .classes = 32}), nn::Dense::init(rng, {.inputs = 32, .outputs = classes})};
    const auto state = net.body.initial_state();
    const auto optimizer = nn::adam_w(net, {.lr = 0, .weight_decay = 0.01});  // the schedule sets lr
    return {net, state, optimizer};
}

// [loss]
ct::Tensor loss(const Net& net, nn::ResNet::State& state, const ct::data::Batch& batch, nn::Pass& pass) {
    return nn::cross_entropy(net(batch.images, state, pass), batch.labels, {.label_smoothing = 0.1});
}
// [loss]

// [accuracy]
double accuracy(const Training& training, const ct::data::ImageDataset& pictures) {
    nn::ResNet::State unchanged = training.state;
    nn::Pass pass = nn::Pass::evaluate();
    const ct::Tensor images = ct::data::to_float(pictures.images);
    return nn::accuracy(training.net(images, unchanged, pass), pictures.labels);
}
// [accuracy]

}  // namespace

int main() {
    // [data]
    using ct::data::Part;
    const auto all = ct::data::load_emoji({.size = 16});
    const auto train = ct::data::compose(ct::data::part(all, Part::train));
    const auto test = ct::data::compose(ct::data::part(all, Part::test));
    // [data]

    ct::Rng rng(7);
    Training training = start(rng, static_cast<std::int64_t>(train.class_names.size()));
    // [loop]
    constexpr int epochs = 6;
    constexpr std::int64_t batch_size = 64;
    const std::int64_t steps = epochs * ((train.size() + batch_size - 1) / batch_size);
    const nn::Schedule schedule = nn::warm_up(10, nn::cosine(4e-3, steps - 10));
    const auto augment = [](const ct::Tensor& images, ct::Rng& draw) { return ct::data::random_flip(images, draw); };
    std::int64_t step = 0;
    for (int epoch = 1; epoch <= epochs; ++epoch) {
        double total = 0;
        for (const auto& batch : ct::data::batches(train, batch_size, rng, {.augment = augment})) {
            nn::Pass pass = nn::Pass::train(rng.split());  // dropout draws from a stream of its own
            auto [value, gradient] = ct::value_and_grad(loss)(training.net, training.state, batch, pass);
            nn::clip_by_global_norm(gradient, 5);
            training.optimizer.options.lr = schedule(step++);
            training.optimizer.update(training.net, gradient);
            total += value.item() * static_cast<double>(batch.labels.size());
        }
        std::printf("epoch %d: loss %.3f\n", epoch, total / static_cast<double>(train.size()));
    }
    // [loop]
    const double right = accuracy(training, test);
    std::printf("%.1f %% of %d unseen emoji right\n", 100 * right, static_cast<int>(test.size()));

    // [save]
    ct::save("run.safetensors", training, {{"step", std::to_string(step)}});
    ct::Rng other(8);
    Training again = start(other, static_cast<std::int64_t>(train.class_names.size()));  // the structure, other numbers
    const ct::Metadata metadata = ct::load("run.safetensors", again);
    again.optimizer.step = std::stoll(metadata.at("step"));  // an integer is no leaf: it travels beside the tensors
    // [save]
    std::printf("loaded at step %s: %s\n", metadata.at("step").c_str(), accuracy(again, test) == right ? "the same answers" : "other answers");
}
