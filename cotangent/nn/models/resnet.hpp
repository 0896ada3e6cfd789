#pragma once
#include <vector>

#include "cotangent/nn/batch_norm.hpp"
#include "cotangent/nn/conv2d.hpp"
#include "cotangent/nn/dense.hpp"

namespace cotangent::nn {

struct ResNetOptions {
    int depth = 20;             ///< 8, 14, 20, 32, ...: 6 n + 2
    std::int64_t channels = 3;  ///< of the pictures
    std::int64_t width = 16;    ///< channels of the first stage; doubled at each of the two others
    std::int64_t classes = 10;
};

/// Is there a network of this depth: 6 n + 2, from 8 on?
[[nodiscard]] constexpr bool is_resnet_depth(int depth) { return depth >= 8 && depth % 6 == 2; }

/// The residual networks for small pictures: a 3x3 convolution, three stages of n blocks of two, batch norm everywhere,
/// global average, dense. Shortcuts have no parameters: where a stage begins they take every second pixel, and the
/// channels they lack are zero, half before and half after.
/// @source He et al. 2015, arXiv:1512.03385, section 4.2
struct ResNet {
    struct Block {
        Conv2d conv1, conv2;
        BatchNorm norm1, norm2;
    };
    struct BlockState {
        BatchNormState norm1, norm2;
    };
    struct State {
        BatchNormState stem;
        std::vector<BlockState> blocks;
    };

    Conv2d stem;
    BatchNorm stem_norm;
    std::vector<Block> blocks;
    Dense head;

    /// @throws ValueError  depth is not 6 n + 2
    [[nodiscard]] static ResNet init(Rng& rng, const ResNetOptions& options = {});
    [[nodiscard]] State initial_state() const;
    /// @param images  [N, channels, H, W]
    /// @return        [N, classes]
    [[nodiscard]] Tensor operator()(const Tensor& images, State& state, Pass& pass) const;
};

}  // namespace cotangent::nn
