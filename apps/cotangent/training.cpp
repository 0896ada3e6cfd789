#include "cotangent/base/interrupt.hpp"
#include "cotangent/nn/adam.hpp"
#include "networks.hpp"

#include <fmt/format.h>

namespace cotangent::app {
namespace {

/// The options that decide what comes out. Another seed may also have cut the data in other parts: what is a test picture now
/// may have been trained on then.
std::map<std::string, std::string> settings_of(const NetworkSpec& spec, const data::Augmentation& augment, const TrainOptions& options) {
    std::map<std::string, std::string> settings{{"--model", spec.architecture},
            {"--size", fmt::format("{}", spec.side)},
            {"--width", fmt::format("{}", spec.width)},
            {"--epochs", fmt::format("{}", options.epochs)},
            {"--batch", fmt::format("{}", options.batch_size)},
            {"--lr", fmt::format("{}", options.lr)},
            {"--weight-decay", fmt::format("{}", options.weight_decay)},
            {"--label-smoothing", fmt::format("{}", options.label_smoothing)},
            {"--patience", fmt::format("{}", options.patience)},
            {"--precision", std::string(name(options.precision.value_or(Dtype::float32)))},
            {"--no-augment", augment ? "off" : "on"},
            {"--seed", fmt::format("{}", options.seed)}};
    settings.insert(options.settings.begin(), options.settings.end());
    return settings;
}

}  // namespace

Trained train(const NetworkSpec& spec, const data::ImageDataset& train, const data::ImageDataset* validation,
              const data::Augmentation& augment, const TrainOptions& options) {
    const InterruptGuard guard;
    return with_network(spec, Rng(options.seed), [&](auto model, auto state) {
        const auto steps = (train.size() + options.batch_size - 1) / options.batch_size * std::max(1, options.epochs);
        const std::int64_t warm = std::max<std::int64_t>(1, steps / 20);
        nn::FitOptions fit;
        fit.epochs = options.epochs;
        fit.batch_size = options.batch_size;
        fit.schedule = nn::warm_up(warm, nn::cosine(options.lr, std::max<std::int64_t>(1, steps - warm)));
        fit.clip_norm = 5;
        fit.label_smoothing = options.label_smoothing;
        fit.patience = options.patience;
        fit.precision = options.precision;
        fit.batches.augment = augment;
        fit.batches.normalize = spec.statistics;
        fit.checkpoint = options.checkpoint;
        fit.settings = settings_of(spec, augment, options);
        fit.progress = options.progress;
        fit.progress_style = options.progress_style;
        fit.should_stop = interrupted;
        fit.metrics = {nn::top_k(3)};
        fit.on_epoch = options.on_epoch;
        auto optimizer = nn::adam_w(model, {.lr = options.lr, .weight_decay = options.weight_decay});
        auto training = nn::start_training(std::move(model), std::move(state), std::move(optimizer), options.seed);
        const nn::FitEnd end = nn::fit(training, train, validation, fit);
        return Trained{classifier_of(spec, std::move(training.model), std::move(training.state)), training.position.history, end};
    });
}

}  // namespace cotangent::app
