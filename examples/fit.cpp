// The training loop as one call: fit() with a progress bar, validation, a checkpoint and a clean stop on Ctrl-C.
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "cotangent/cotangent.hpp"

int main() {
    // [data]
    using ct::data::Part;
    const auto all = ct::data::load_emoji({.size = 16});
    const auto train = ct::data::compose(ct::data::part(all, Part::train));
    const auto validation = ct::data::compose(ct::data::part(all, Part::validation));
    const auto test = ct::data::compose(ct::data::part(all, Part::test));
    const auto statistics = ct::data::channel_statistics(train.images);
    // [data]

    // [fit]
    ct::Rng rng(7);
    const auto net = ct::nn::ResNet::init(rng, {.depth = 8, .width = 8, .classes = 9});
    auto training = ct::nn::start_training(net, net.initial_state(), ct::nn::adam_w(net, {.lr = 4e-3, .weight_decay = 0.01}), 7);
    const ct::InterruptGuard guard;  // Ctrl-C makes interrupted() true instead of ending the program
    const auto end = ct::nn::fit(training, train, &validation,
                                 {.epochs = 4,
                                  .batches = {.normalize = statistics},
                                  .checkpoint = "fit.checkpoint",
                                  .progress = &std::cerr,
                                  .progress_style = ct::ProgressStyle::lines,
                                  .should_stop = ct::interrupted});
    if (end == ct::nn::FitEnd::interrupted) return 130;  // started again, it goes on from fit.checkpoint
    // [fit]

    // [evaluate]
    const auto seen = ct::nn::evaluate(training.model, training.state, test, 256, statistics);
    const auto interval = ct::nn::wilson_interval(seen.accuracy, test.size());
    std::printf("%.1f %% right (95 %% interval %.1f to %.1f %%)\n", 100 * seen.accuracy, 100 * interval.low, 100 * interval.high);
    // [evaluate]
    for (const auto& report : training.position.history)
        std::printf("epoch %d: loss %.3f, validation accuracy %.3f\n", report.epoch, report.train_loss, report.validation_accuracy);
    ct::save("model.safetensors", training.model);
    std::filesystem::remove("fit.checkpoint");
}
