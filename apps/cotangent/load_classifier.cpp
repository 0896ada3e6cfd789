#include "networks.hpp"

namespace cotangent::app {

Classifier load_classifier(const std::filesystem::path& path) {
    const NetworkSpec spec = spec_of(path);
    return with_network(spec, Rng(0), [&](auto model, auto state) {
        Network<decltype(model), decltype(state)> network{std::move(model), std::move(state)};
        load(path, network);
        return classifier_of(spec, std::move(network.model), std::move(network.state));
    });
}

}  // namespace cotangent::app
