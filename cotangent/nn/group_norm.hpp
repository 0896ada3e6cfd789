#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

struct GroupNormOptions {
    int groups = 32;
    double epsilon = 1e-5;
};

/// Normalises each group of channels of each image to mean 0, variance 1, then scales and shifts each channel.
/// @param x     [N, C, H, W], C a multiple of groups
/// @param gain  [C]    @param bias  [C]
/// @source Wu, He 2018, arXiv:1803.08494
[[nodiscard]] Tensor group_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, GroupNormOptions options = {});

struct GroupNorm {
    Tensor gain, bias;  ///< [channels]
    int groups = 32;

    /// @throws ValueError  groups do not divide channels, or one is below 1
    [[nodiscard]] static GroupNorm init(std::int64_t channels, int groups);
    [[nodiscard]] Tensor operator()(const Tensor& x) const { return group_norm(x, gain, bias, {.groups = groups}); }
};

}  // namespace cotangent::nn
