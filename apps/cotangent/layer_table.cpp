// The layers of networks, line by line.
#include "networks.hpp"

#include <fmt/format.h>

namespace cotangent::app {
namespace {

std::int64_t size_of_layer(const nn::Conv2d& layer) { return layer.kernel.size() + layer.bias.size(); }
std::int64_t size_of_layer(const nn::Dense& layer) { return layer.weight.size() + layer.bias.size(); }

}  // namespace

std::vector<LayerLine> describe(const nn::Mlp& net, const NetworkSpec&) {
    std::vector<LayerLine> lines;
    for (std::size_t k = 0; k < net.layers.size(); ++k)
        lines.push_back({fmt::format("layers.{}", k),
                         k + 1 < net.layers.size() ? "Dense, ReLU" : "Dense",
                         {net.layers[k].weight.length(1)},
                         size_of_layer(net.layers[k])});
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
    std::vector<LayerLine> lines{{"stem",
                                  "Convolution 3x3, batch norm, ReLU",
                                  {side, side, net.stem.kernel.length(0)},
                                  size_of_layer(net.stem) + parameter_count(net.stem_norm)}};
    for (std::size_t k = 0; k < net.blocks.size(); ++k) {
        const nn::ResNet::Block& block = net.blocks[k];
        const int stride = block.conv1.stride;
        side = (side + stride - 1) / stride;
        lines.push_back({fmt::format("blocks.{}", k),
                         fmt::format("Residual block of two 3x3 convolutions{}", stride > 1 ? ", stride 2" : ""),
                         {side, side, block.conv2.kernel.length(0)},
                         parameter_count(block)});
    }
    lines.push_back({"", "Global average", {net.head.weight.length(0)}, 0});
    lines.push_back({"head", "Dense", {net.head.weight.length(1)}, size_of_layer(net.head)});
    return lines;
}

std::int64_t Classifier::parameter_count() const {
    std::int64_t total = 0;
    for (const LayerLine& layer : layers) total += layer.parameters;
    return total;
}

}  // namespace cotangent::app
