#pragma once
// fit(): a convenience over the training loop, which stays writable by hand (docs/guide/train.md shows both).
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cotangent/base/progress.hpp"
#include "cotangent/data/batches.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/clip.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/metrics.hpp"
#include "cotangent/nn/pass.hpp"
#include "cotangent/nn/schedule.hpp"
#include "cotangent/tensor/ops/concatenate.hpp"
#include "cotangent/tree/safetensors.hpp"

namespace cotangent::nn {

/// What one epoch came to. Validation figures are NaN without validation data.
struct EpochReport {
    int epoch = 0;  ///< 1, 2, ...
    double train_loss = 0, train_accuracy = 0;
    double validation_loss = 0, validation_accuracy = 0;
    double lr = 0;  ///< at the last step
    double seconds = 0;
    std::vector<double> metrics = {};  ///< FitOptions::metrics of the validation data, in their order
};

/// Where a training run is; saved in its checkpoint.
struct FitPosition {
    int epoch = 0;          ///< finished epochs
    std::int64_t step = 0;  ///< finished steps of the epoch in progress
    std::int64_t steps = 0; ///< of all epochs
    double loss_sum = 0, correct = 0, seen = 0;  ///< of the epoch in progress
    double best_loss = 1e300;                    ///< lowest validation loss so far
    int epochs_since_best = 0;
    std::uint64_t data = 0;                      ///< data::fingerprint() of what it trains on; 0: not known
    std::map<std::string, std::string> settings = {};  ///< FitOptions::settings of the latest fit()
    std::vector<EpochReport> history;
};

}  // namespace cotangent::nn

template <>
inline constexpr bool cotangent::is_opaque_v<cotangent::nn::FitPosition> = true;  // travels as metadata

namespace cotangent::nn {

/// A network and everything that changes while it is trained: what a checkpoint holds.
template <class Model, class State, class Optimizer>
struct Training {
    Model model;
    State state;          ///< NoState for a network without running statistics
    Optimizer optimizer;
    std::uint64_t seed = 0;
    FitPosition position = {};
};

/// Starts training from a fresh model. The optimizer is made by the caller: `Adam<Net>::init(net, {.lr = 1e-3})`.
template <class Model, class State, class Optimizer>
[[nodiscard]] Training<Model, State, Optimizer> start_training(Model model, State state, Optimizer optimizer, std::uint64_t seed = 0) {
    return {std::move(model), std::move(state), std::move(optimizer), seed, {}};
}

enum class FitEnd : std::uint8_t { finished, stopped_early, interrupted };

/// A network's answers on a dataset. metrics.hpp makes more of them: top_k_accuracy(), confusion_matrix().
struct Evaluation {
    Tensor logits;  ///< [N, C]
    Tensor labels;  ///< [N] int64
    double loss = 0, accuracy = 0;
};

struct FitOptions {
    int epochs = 10;
    std::int64_t batch_size = 64;
    Schedule schedule = {};           ///< lr by step; empty: the optimizer's own
    double clip_norm = 0;        ///< global norm of the gradient; 0: unlimited
    double label_smoothing = 0;  ///< of the cross entropy
    std::optional<Dtype> precision = {};  ///< of the forward and backward pass; empty: the model's own. bfloat16: the model,
                                          ///< its gradient and the update stay float32, see docs/design/mixed_precision.md
    int patience = 0;            ///< stop after this many epochs without a lower validation loss; 0: never
    data::BatchOptions batches = {};  ///< augmentation, normalisation, prefetch of the training data
    std::string checkpoint = {};  ///< written after each epoch and on interruption; resumed from if it exists
    std::map<std::string, std::string> settings = {};  ///< what else makes the run what it is, by name, such as {"batch", "64"}:
                                                       ///< a checkpoint with another is refused
    std::ostream* progress = nullptr;  ///< where the bar goes
    ProgressStyle progress_style = ProgressStyle::bar;
    std::function<bool()> should_stop = {};                       ///< asked between steps; Ctrl-C in the command line
    std::vector<Metric> metrics = {};                             ///< of the validation data, in each report
    std::function<void(const EpochReport&)> on_epoch = {};
    std::function<void(const EpochReport&, const Evaluation&)> on_validation = {};  ///< for what is no number: a confusion matrix
};

/// The network's answers on a dataset, in its order.
/// @param model  called as model(images [B, C, H, W], state, pass) -> logits [B, classes]
template <class Model, class State>
[[nodiscard]] Evaluation evaluate(const Model& model, State state, const data::ImageDataset& dataset, std::int64_t batch_size,
                                  const std::optional<data::ChannelStatistics>& normalize = {}) {
    std::vector<Tensor> parts;
    Pass pass = Pass::evaluate();
    data::BatchOptions options;
    options.shuffle = false;
    options.normalize = normalize;
    Rng unused;
    for (const data::Batch& batch : data::batches(dataset, batch_size, unused, options))
        parts.push_back(model(batch.images, state, pass));
    if (parts.empty()) throw ValueError("evaluate: the dataset is empty, expected at least one picture");
    Evaluation result{concatenate(parts, 0), dataset.labels, 0, 0};
    result.loss = cross_entropy(result.logits, result.labels).item();
    result.accuracy = accuracy(result.logits, result.labels);
    return result;
}

namespace detail {
/// What a checkpoint holds besides tensors.
struct FitRecord {
    FitPosition position;
    std::uint64_t seed = 0;
    std::int64_t optimizer_steps = 0;  ///< of an optimizer that counts them
    double lr = 0;                     ///< of its options: the caller may have changed it
};
[[nodiscard]] std::string encode(const FitRecord& record);
[[nodiscard]] FitRecord decode(const std::string& text, const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
/// @throws IoError  the checkpoint is of other data, or of a run with other settings
void check_same_run(const FitPosition& seen, const FitPosition& expected, const std::string& path);
[[nodiscard]] Rng epoch_rng(std::uint64_t seed, int epoch, std::uint64_t purpose);
[[nodiscard]] std::string note_of(const FitPosition& position);
void check_fit(const FitOptions& options, const data::ImageDataset& train);
template <class Optimizer>
concept CountsSteps = requires(Optimizer optimizer) { optimizer.step; };
}  // namespace detail

/// Writes everything a later fit() needs to go on as if it had not stopped, to the bit. Atomic: the old file stays until
/// the new one is whole.
template <class Model, class State, class Optimizer>
void save_checkpoint(const std::string& path, const Training<Model, State, Optimizer>& training) {
    detail::FitRecord record{training.position, training.seed};
    if constexpr (detail::CountsSteps<Optimizer>) record.optimizer_steps = training.optimizer.step;
    record.lr = training.optimizer.options.lr;
    save(path, training, {{"fit", detail::encode(record)}});
}

/// @param run  its data and settings are those to go on with; std::nullopt: any are fine
/// @throws IoError  the file is not a checkpoint of this kind of training, or of other data or settings; `training` is untouched
template <class Model, class State, class Optimizer>
void load_checkpoint(const std::string& path, Training<Model, State, Optimizer>& training, const std::optional<FitPosition>& run = {}) {
    const auto metadata = load_tensors(path).metadata;
    const auto found = metadata.find("fit");
    if (found == metadata.end()) throw IoError(path + ": holds no training run, expected metadata `fit`");
    detail::FitRecord record = detail::decode(found->second, path);
    if (run) detail::check_same_run(record.position, *run, path);
    load(path, training);
    training.position = std::move(record.position);
    training.seed = record.seed;
    if constexpr (detail::CountsSteps<Optimizer>) training.optimizer.step = record.optimizer_steps;
    training.optimizer.options.lr = record.lr;
}

/// Trains an image classifier: minimises the cross entropy of model(images, state, pass) on `train`, epoch by epoch.
/// The order of pictures, augmentation and dropout follow from the seed alone.
/// @param validation  looked at after each epoch; may be null
/// @return  why it ended. On interruption the checkpoint (if any) is written first, so nothing is lost.
/// @throws  what the data, the network or the checkpoint throw
template <class Model, class State, class Optimizer>
FitEnd fit(Training<Model, State, Optimizer>& training, const data::ImageDataset& train, const data::ImageDataset* validation,
           const FitOptions& options) {
    detail::check_fit(options, train);
    FitPosition run = training.position;
    run.settings = options.settings;
    if (!options.checkpoint.empty()) run.data = data::fingerprint(train);
    if (!options.checkpoint.empty() && detail::exists(options.checkpoint)) load_checkpoint(options.checkpoint, training, run);
    else training.position = std::move(run);
    const auto save_if_asked = [&] {
        if (!options.checkpoint.empty()) save_checkpoint(options.checkpoint, training);
    };
    const auto loss = [&](const Model& model, State& state, const data::Batch& batch, Pass& pass) {
        const Tensor logits = options.precision
                                  ? cast_tree(model, *options.precision)(cast(batch.images, *options.precision), state, pass)
                                  : model(batch.images, state, pass);
        return std::pair{cross_entropy(logits, batch.labels, {.label_smoothing = options.label_smoothing}), logits.detached()};
    };
    const auto step_function = value_and_grad(loss);
    FitPosition& at = training.position;
    const auto is_stuck = [&] { return validation && options.patience > 0 && at.epochs_since_best >= options.patience; };
    if (is_stuck()) return FitEnd::stopped_early;
    while (at.epoch < options.epochs) {
        const double start = seconds_now();
        Rng order = detail::epoch_rng(training.seed, at.epoch, 0);
        const Rng draws = detail::epoch_rng(training.seed, at.epoch, 1);
        auto batches = data::batches(train, options.batch_size, order, options.batches);
        Progress progress(options.progress, "epoch " + std::to_string(at.epoch + 1) + "/" + std::to_string(options.epochs),
                          batches.size(), options.progress_style);
        std::int64_t index = 0;
        for (const data::Batch& batch : batches) {
            if (index++ < at.step) continue;  // done before the interruption
            if (options.should_stop && options.should_stop()) {
                save_if_asked();
                return FitEnd::interrupted;
            }
            Pass pass = Pass::train(draws.fork(static_cast<std::uint64_t>(index)));
            auto [result, gradient] = step_function(training.model, training.state, batch, pass);
            if (options.clip_norm > 0) clip_by_global_norm(gradient, options.clip_norm);
            if (options.schedule) training.optimizer.options.lr = options.schedule(at.steps);
            training.optimizer.update(training.model, gradient);
            const auto count = static_cast<double>(batch.labels.size());
            at.loss_sum += count * result.first.item();
            at.correct += count * accuracy(result.second, batch.labels);
            at.seen += count;
            ++at.step;
            ++at.steps;
            progress.update(index, detail::note_of(at));
        }
        EpochReport report;
        report.epoch = ++at.epoch;
        report.train_loss = at.loss_sum / at.seen;
        report.train_accuracy = at.correct / at.seen;
        report.lr = training.optimizer.options.lr;
        report.validation_loss = report.validation_accuracy = std::nan("");
        std::optional<Evaluation> seen;
        if (validation) {
            seen = evaluate(training.model, training.state, *validation, options.batch_size, options.batches.normalize);
            report.validation_loss = seen->loss;
            report.validation_accuracy = seen->accuracy;
            for (const Metric& metric : options.metrics) report.metrics.push_back(metric(seen->logits, seen->labels));
        }
        report.seconds = seconds_now() - start;
        at.step = 0;
        at.loss_sum = at.correct = at.seen = 0;
        at.epochs_since_best = report.validation_loss < at.best_loss ? 0 : at.epochs_since_best + 1;
        at.best_loss = std::min(at.best_loss, report.validation_loss);
        at.history.push_back(report);
        save_if_asked();
        if (options.on_validation && seen) options.on_validation(report, *seen);
        if (options.on_epoch) options.on_epoch(report);
        if (is_stuck()) return FitEnd::stopped_early;
    }
    return FitEnd::finished;
}

}  // namespace cotangent::nn
