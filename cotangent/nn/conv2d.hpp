#pragma once
#include "cotangent/tensor/ops/conv2d.hpp"
#include "cotangent/tensor/random.hpp"

namespace cotangent::nn {

struct Conv2dLayerOptions {
    std::int64_t inputs = 0, outputs = 0;  ///< channels
    int kernel = 3;                        ///< side of the square kernel
    int stride = 1;
    int padding = 0;
    int groups = 1;
    bool bias = true;
};

/// A convolution of [N, inputs, H, W] to [N, outputs, H', W'].
struct Conv2d {
    Tensor kernel;  ///< [outputs, inputs / groups, side, side]
    Tensor bias;    ///< [outputs], or empty
    int stride = 1, padding = 0, groups = 1;

    /// He-normal kernel, zero bias.
    /// @throws ValueError  a size is below 1, or groups do not divide inputs and outputs
    [[nodiscard]] static Conv2d init(Rng& rng, const Conv2dLayerOptions& options);
    [[nodiscard]] Tensor operator()(const Tensor& images) const;
};

}  // namespace cotangent::nn
