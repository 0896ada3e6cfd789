#include "cotangent/nn/models/resnet.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

/// Every second pixel, and zeros for the new channels.
Tensor shortcut(const Tensor& x, std::int64_t channels, int stride) {
    if (stride == 1) return x;
    const std::int64_t missing = channels - x.length(1), before = missing / 2;
    const Tensor pixels = slice(x, {{}, {}, {.step = stride}, {.step = stride}});
    return pad(pixels, {{0, 0}, {before, missing - before}, {0, 0}, {0, 0}});
}

}  // namespace

ResNet ResNet::init(Rng& rng, const ResNetOptions& options) {
    if (!is_resnet_depth(options.depth))
        throw ValueError(fmt::format("resnet: depth is {}, expected 6 n + 2, such as 8 or 20", options.depth));
    ResNet net;
    net.stem = Conv2d::init(rng, {.inputs = options.channels, .outputs = options.width, .padding = 1, .bias = false});
    net.stem_norm = BatchNorm::init(options.width);
    std::int64_t inputs = options.width;
    for (int stage = 0; stage < 3; ++stage)
        for (int k = 0; k < (options.depth - 2) / 6; ++k) {
            const std::int64_t outputs = options.width << stage;
            const int stride = stage > 0 && k == 0 ? 2 : 1;
            net.blocks.push_back({Conv2d::init(rng, {.inputs = inputs, .outputs = outputs, .stride = stride, .padding = 1, .bias = false}),
                                  Conv2d::init(rng, {.inputs = outputs, .outputs = outputs, .padding = 1, .bias = false}),
                                  BatchNorm::init(outputs), BatchNorm::init(outputs)});
            inputs = outputs;
        }
    net.head = Dense::init(rng, {.inputs = inputs, .outputs = options.classes});
    return net;
}

ResNet::State ResNet::initial_state() const {
    State state{BatchNormState::init(stem_norm.gain.length(0)), {}};
    for (const Block& block : blocks) {
        const std::int64_t channels = block.norm1.gain.length(0);
        state.blocks.push_back({BatchNormState::init(channels), BatchNormState::init(channels)});
    }
    return state;
}

Tensor ResNet::operator()(const Tensor& images, State& state, Pass& pass) const {
    Tensor h = relu(stem_norm(stem(images), state.stem, pass));
    for (std::size_t k = 0; k < blocks.size(); ++k) {
        const Block& block = blocks[k];
        Tensor inner = relu(block.norm1(block.conv1(h), state.blocks[k].norm1, pass));
        inner = block.norm2(block.conv2(inner), state.blocks[k].norm2, pass);
        h = relu(inner + shortcut(h, inner.length(1), block.conv1.stride));
    }
    return head(mean(h, {.axes = {2, 3}}));
}

}  // namespace cotangent::nn
