#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cotangent/nn/fit.hpp"

namespace cotangent::app {

/// What a network is and what it was trained on: saved beside its weights.
struct NetworkSpec {
    std::string architecture;  ///< mlp, lenet5, resnet8, resnet14, resnet20, ...
    std::int64_t width = 16;   ///< of a ResNet's first stage, or of an MLP's hidden layer
    std::int64_t channels = 3, side = 32;  ///< of the pictures
    std::vector<std::string> class_names;
    data::ChannelStatistics statistics;  ///< what pictures are normalised with
    std::uint64_t seed = 0;              ///< of the training run: it decides which pictures of a folder are test pictures
};

/// One line of a network's table.
struct LayerLine {
    std::string name, what;
    std::vector<std::int64_t> output;
    std::int64_t parameters = 0;
};

/// A trained network of any architecture.
struct Classifier {
    NetworkSpec spec;
    std::function<Tensor(const Tensor& images)> logits;  ///< [N, C, S, S] normalised -> [N, classes]
    std::function<void(const std::filesystem::path&)> save;
    std::vector<LayerLine> layers;

    [[nodiscard]] std::int64_t parameter_count() const;
    /// Logits of a dataset of the spec's size and channels.
    [[nodiscard]] nn::Evaluation evaluate(const data::ImageDataset& dataset) const;
};

struct TrainOptions {
    int epochs = 10;
    std::int64_t batch_size = 64;
    double lr = 2e-3, weight_decay = 0.05, label_smoothing = 0;
    int patience = 0;
    std::optional<Dtype> precision;  ///< of the forward and backward pass; empty: float32
    std::uint64_t seed = 0;
    std::filesystem::path checkpoint;  ///< resumed from when it exists
    std::ostream* progress = nullptr;
    ProgressStyle progress_style = ProgressStyle::bar;
    std::function<void(const nn::EpochReport&)> on_epoch;
    std::map<std::string, std::string> settings = {};  ///< of the data: a checkpoint of a run with others is refused
};

struct Trained {
    Classifier classifier;
    std::vector<nn::EpochReport> history;
    nn::FitEnd end;
};

/// Trains with AdamW, a short warm-up and a cosine schedule. Ctrl-C ends it after the step, the checkpoint written.
/// @throws ValueError  the architecture is unknown or does not fit the pictures
[[nodiscard]] Trained train(const NetworkSpec& spec, const data::ImageDataset& train, const data::ImageDataset* validation,
                            const data::Augmentation& augment, const TrainOptions& options);

/// Prints how well the network in `file` does on the test pictures; as JSON with the report of every epoch.
void print_training(const Trained& trained, const nn::Evaluation& test, std::int64_t pictures, const std::string& file,
                    bool as_json);

/// @throws IoError  the file is not a model that `cotangent train` wrote
[[nodiscard]] Classifier load_classifier(const std::filesystem::path& path);

}  // namespace cotangent::app
