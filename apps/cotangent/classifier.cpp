#include "classifier.hpp"

#include "cotangent/tensor/ops.hpp"
#include "networks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

using nlohmann::json;

std::int64_t size_of_layer(const nn::Conv2d& layer) { return layer.kernel.size() + layer.bias.size(); }
std::int64_t size_of_layer(const nn::Dense& layer) { return layer.weight.size() + layer.bias.size(); }

std::vector<LayerLine> describe(const nn::Mlp& net, const NetworkSpec&) {
    std::vector<LayerLine> lines;
    for (std::size_t k = 0; k < net.layers.size(); ++k)
        lines.push_back({fmt::format("layers.{}", k), k + 1 < net.layers.size() ? "Dense, ReLU" : "Dense",
                         {net.layers[k].weight.length(1)}, size_of_layer(net.layers[k])});
    return lines;
}

std::vector<LayerLine> describe(const nn::LeNet5& net, const NetworkSpec& spec) {
    const std::int64_t half = spec.side / 2, quarter = (half - 4) / 2;
    return {{"conv1", "Convolution 5x5, ReLU, max pool 2", {half, half, 6}, size_of_layer(net.conv1)},
            {"conv2", "Convolution 5x5, ReLU, max pool 2", {quarter, quarter, 16}, size_of_layer(net.conv2)},
            {"dense1", "Dense, ReLU", {120}, size_of_layer(net.dense1)},
            {"dense2", "Dense, ReLU", {84}, size_of_layer(net.dense2)},
            {"head", "Dense", {net.head.weight.length(1)}, size_of_layer(net.head)}};
}

std::vector<LayerLine> describe(const nn::ResNet& net, const NetworkSpec& spec) {
    std::int64_t side = spec.side;
    std::vector<LayerLine> lines{{"stem", "Convolution 3x3, batch norm, ReLU", {side, side, net.stem.kernel.length(0)},
                                  size_of_layer(net.stem) + parameter_count(net.stem_norm)}};
    for (std::size_t k = 0; k < net.blocks.size(); ++k) {
        const nn::ResNet::Block& block = net.blocks[k];
        const int stride = block.conv1.stride;
        side = (side + stride - 1) / stride;
        lines.push_back({fmt::format("blocks.{}", k), fmt::format("Residual block of two 3x3 convolutions{}", stride > 1 ? ", stride 2" : ""),
                         {side, side, block.conv2.kernel.length(0)}, parameter_count(block)});
    }
    lines.push_back({"", "Global average", {net.head.weight.length(0)}, 0});
    lines.push_back({"head", "Dense", {net.head.weight.length(1)}, size_of_layer(net.head)});
    return lines;
}

json to_json(const NetworkSpec& spec) {
    return {{"version", 1}, {"architecture", spec.architecture}, {"width", spec.width}, {"channels", spec.channels},
            {"side", spec.side}, {"classes", spec.class_names}, {"mean", spec.statistics.mean}, {"deviation", spec.statistics.deviation}};
}

NetworkSpec spec_from(const json& value) {
    if (value.at("version") != 1) throw IoError(fmt::format("it has version {}, expected 1", value.at("version").dump()));
    return {value.at("architecture"), value.at("width"), value.at("channels"), value.at("side"), value.at("classes"),
            {value.at("mean"), value.at("deviation")}};
}

template <class Model, class State>
struct Network {
    Model model;
    State state;
};

template <class Model, class State>
Classifier any_classifier(const NetworkSpec& spec, Model model, State state) {
    const auto network = std::make_shared<const Network<Model, State>>(Network<Model, State>{std::move(model), std::move(state)});
    Classifier classifier;
    classifier.spec = spec;
    classifier.logits = [network](const Tensor& images) {
        State unchanged = network->state;
        nn::Pass pass = nn::Pass::evaluate();
        return network->model(images, unchanged, pass);
    };
    classifier.save = [network, spec](const std::filesystem::path& path) {
        cotangent::save(path, *network, {{"cotangent", to_json(spec).dump()}});
    };
    classifier.layers = describe(network->model, spec);
    return classifier;
}

}  // namespace

Classifier classifier_of(const NetworkSpec& spec, nn::Mlp model, nn::NoState state) { return any_classifier(spec, std::move(model), std::move(state)); }
Classifier classifier_of(const NetworkSpec& spec, nn::LeNet5 model, nn::NoState state) { return any_classifier(spec, std::move(model), std::move(state)); }
Classifier classifier_of(const NetworkSpec& spec, nn::ResNet model, nn::ResNet::State state) { return any_classifier(spec, std::move(model), std::move(state)); }

std::int64_t Classifier::parameter_count() const {
    std::int64_t total = 0;
    for (const LayerLine& layer : layers) total += layer.parameters;
    return total;
}

nn::Evaluation Classifier::evaluate(const data::ImageDataset& dataset) const {
    if (dataset.images.length(1) != spec.side || dataset.images.length(3) != spec.channels)
        throw ShapeError(fmt::format("evaluate: pictures have shape {}, expected [N, {}, {}, {}] for this model",
                                     to_string(dataset.images.shape()), spec.side, spec.side, spec.channels));
    if (dataset.class_names != spec.class_names)
        throw ValueError(fmt::format("evaluate: the data has classes {}, expected {} for this model",
                                     json(dataset.class_names).dump(), json(spec.class_names).dump()));
    return nn::evaluate([&](const Tensor& images, nn::NoState&, nn::Pass&) { return logits(images); }, nn::NoState{}, dataset, 256,
                        spec.statistics);
}

Classifier load_classifier(const std::filesystem::path& path) {
    const TensorFile file = load_tensors(path);
    const auto found = file.metadata.find("cotangent");
    if (found == file.metadata.end())
        throw IoError(fmt::format("{}: is not a model that `cotangent train` wrote: it has no metadata `cotangent`", path.string()));
    NetworkSpec spec;
    try {
        spec = spec_from(json::parse(found->second));
    } catch (const std::exception& error) {
        throw IoError(fmt::format("{}: its description of the network does not read: {}", path.string(), error.what()));
    }
    return with_network(spec, Rng(0), [&](auto model, auto state) {
        Network<decltype(model), decltype(state)> network{std::move(model), std::move(state)};
        load(path, network);
        return classifier_of(spec, std::move(network.model), std::move(network.state));
    });
}

}  // namespace cotangent::app
