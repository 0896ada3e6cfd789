#include "classifier.hpp"

#include "networks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cotangent::app {
namespace {

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
        cotangent::save(path, *network, {{"cotangent", to_text(spec)}});
    };
    classifier.layers = describe(network->model, spec);
    return classifier;
}

}  // namespace

Classifier classifier_of(const NetworkSpec& spec, nn::Mlp model, nn::NoState state) { return any_classifier(spec, std::move(model), std::move(state)); }
Classifier classifier_of(const NetworkSpec& spec, nn::LeNet5 model, nn::NoState state) { return any_classifier(spec, std::move(model), std::move(state)); }
Classifier classifier_of(const NetworkSpec& spec, nn::ResNet model, nn::ResNet::State state) { return any_classifier(spec, std::move(model), std::move(state)); }

nn::Evaluation Classifier::evaluate(const data::ImageDataset& dataset) const {
    if (dataset.images.length(1) != spec.side || dataset.images.length(3) != spec.channels)
        throw ShapeError(fmt::format("evaluate: pictures have shape {}, expected [N, {}, {}, {}] for this model",
                                     to_string(dataset.images.shape()), spec.side, spec.side, spec.channels));
    if (dataset.class_names != spec.class_names)
        throw ValueError(fmt::format("evaluate: the data has classes {}, expected {} for this model",
                                     dataset.class_names, spec.class_names));
    return nn::evaluate([&](const Tensor& images, nn::NoState&, nn::Pass&) { return logits(images); }, nn::NoState{}, dataset, 256,
                        spec.statistics);
}

}  // namespace cotangent::app
