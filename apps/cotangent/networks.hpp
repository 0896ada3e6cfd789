#pragma once
// From the name of an architecture to its types; for what knows the types behind a Classifier.
#include <optional>

#include "classifier.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"

namespace cotangent::app {

/// A model as its file has it.
template <class Model, class State>
struct Network {
    Model model;
    State state;
};

[[nodiscard]] std::string to_text(const NetworkSpec& spec);
/// @throws IoError  the file is not a model that `cotangent train` wrote
[[nodiscard]] NetworkSpec spec_of(const std::filesystem::path& path);

[[nodiscard]] std::vector<LayerLine> describe(const nn::Mlp& net, const NetworkSpec& spec);
[[nodiscard]] std::vector<LayerLine> describe(const nn::LeNet5& net, const NetworkSpec& spec);
[[nodiscard]] std::vector<LayerLine> describe(const nn::ResNet& net, const NetworkSpec& spec);

[[nodiscard]] Classifier classifier_of(const NetworkSpec& spec, nn::Mlp model, nn::NoState state);
[[nodiscard]] Classifier classifier_of(const NetworkSpec& spec, nn::LeNet5 model, nn::NoState state);
[[nodiscard]] Classifier classifier_of(const NetworkSpec& spec, nn::ResNet model, nn::ResNet::State state);

/// The depth that a name like resnet14 says; empty for another name, and for depths that ResNets do not have.
[[nodiscard]] std::optional<int> resnet_depth(const std::string& architecture);
/// What is wrong with the name of an architecture; empty: nothing.
[[nodiscard]] std::string wrong_architecture(const std::string& architecture);

/// Calls f(fresh model, fresh state) with the types of the architecture.
/// @throws ValueError  there is none of this name
template <class F>
auto with_network(const NetworkSpec& spec, Rng rng, F&& f) {
    const auto classes = static_cast<std::int64_t>(spec.class_names.size());
    if (spec.architecture == "mlp")
        return f(nn::Mlp::init(rng, {spec.channels * spec.side * spec.side, spec.width, classes}), nn::NoState{});
    if (spec.architecture == "lenet5")
        return f(nn::LeNet5::init(rng, {.channels = spec.channels, .side = spec.side, .classes = classes}), nn::NoState{});
    if (const auto depth = resnet_depth(spec.architecture)) {
        const nn::ResNet net = nn::ResNet::init(rng, {.depth = *depth, .channels = spec.channels, .width = spec.width, .classes = classes});
        return f(net, net.initial_state());
    }
    throw ValueError("--model: " + wrong_architecture(spec.architecture));
}

}  // namespace cotangent::app
