#pragma once
// For the tests of fit() only: pictures to learn from, trainings to start, runs to compare.
#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/dropout.hpp"
#include "cotangent/nn/fit.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"

namespace cotangent::nn::testing {

/// Pictures of three kinds: bright on the left, bright at the top, and neither; with noise.
inline data::ImageDataset pictures(std::int64_t count, std::uint64_t seed = 1, std::int64_t side = 8) {
    Rng rng(seed);
    const Tensor noise = integers(rng, {count, side, side, 1}, 0, 80, Dtype::uint8);
    Tensor images = noise, labels = integers(rng, {count}, 0, 3);
    for (std::int64_t k = 0; k < count; ++k)
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x) {
                const std::int64_t label = labels.values<std::int64_t>()[static_cast<std::size_t>(k)];
                if ((label == 0 && x < side / 2) || (label == 1 && y < side / 2))
                    images.mutable_values<std::uint8_t>()[static_cast<std::size_t>((k * side + y) * side + x)] += 150;
            }
    return {images, labels, {"left", "top", "neither"}, {}};
}

/// A ResNet with dropout before its head, so that a run has everything that must come back after an interruption.
struct Net {
    ResNet body;
    Tensor operator()(const Tensor& images, ResNet::State& state, Pass& pass) const {
        return body(dropout(images, 0.1, pass), state, pass);
    }
};

template <template <class> class Optimizer, class Options>
auto resnet_training(const Options& options, std::uint64_t seed = 3, std::int64_t width = 4) {
    Rng rng(seed);
    const Net net{ResNet::init(rng, {.depth = 8, .channels = 1, .width = width, .classes = 3})};
    return start_training(net, net.body.initial_state(), Optimizer<Net>::init(net, options), seed);
}
inline auto mlp_training(std::uint64_t seed = 3) {
    Rng rng(seed);
    const Mlp net = Mlp::init(rng, {64, 16, 3});
    return start_training(net, NoState{}, Adam<Mlp>::init(net, {.lr = 3e-3}), seed);
}

/// Shuffling, augmentation, a schedule and clipping; 5 steps an epoch, the last on fewer pictures.
inline FitOptions everything() {
    FitOptions options;
    options.epochs = 3;
    options.batch_size = 16;
    options.schedule = warm_up(2, cosine(0.01, 12));
    options.clip_norm = 1;
    options.label_smoothing = 0.1;
    options.metrics = {top_k(2)};
    options.batches.augment = [](const Tensor& images, Rng& rng) { return data::random_crop(images, rng, {.padding = 1}); };
    return options;
}

/// Two reports, but for the time they took.
inline bool same_report(const EpochReport& a, const EpochReport& b) {
    const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    return a.epoch == b.epoch && same(a.train_loss, b.train_loss) && same(a.train_accuracy, b.train_accuracy) &&
           same(a.validation_loss, b.validation_loss) && same(a.validation_accuracy, b.validation_accuracy) && same(a.lr, b.lr) &&
           a.metrics == b.metrics;
}
template <class Training>
bool same_run(const Training& a, const Training& b) {
    bool step_same = true;
    if constexpr (requires { a.optimizer.step; }) step_same = a.optimizer.step == b.optimizer.step;
    return identical_trees(a, b) && a.seed == b.seed && step_same && a.position.epoch == b.position.epoch &&
           a.position.step == b.position.step && a.position.steps == b.position.steps && a.position.loss_sum == b.position.loss_sum &&
           a.position.best_loss == b.position.best_loss && a.position.epochs_since_best == b.position.epochs_since_best &&
           std::equal(a.position.history.begin(), a.position.history.end(), b.position.history.begin(), b.position.history.end(), same_report);
}

}  // namespace cotangent::nn::testing
