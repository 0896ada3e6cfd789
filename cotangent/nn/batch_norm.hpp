#pragma once
#include "cotangent/nn/pass.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

/// What batch norm remembers of the batches it has seen. Not a parameter: nothing differentiates it.
struct BatchNormState {
    Tensor mean;      ///< [channels]
    Tensor variance;  ///< [channels], dividing by n - 1

    [[nodiscard]] static BatchNormState init(std::int64_t channels);
};

struct BatchNormOptions {
    double epsilon = 1e-5;
    double momentum = 0.1;  ///< the weight of a new batch in the running state
};

/// Normalises each channel over the batch and the pixels:
///     y = gain * (x - mean) / sqrt(var + epsilon) + bias
/// In training, mean and var (dividing by n) are the batch's, and the state moves towards them; otherwise the state's.
/// @source Ioffe, Szegedy 2015, arXiv:1502.03167
struct BatchNorm {
    Tensor gain;  ///< [channels]
    Tensor bias;  ///< [channels]

    /// @throws ValueError  channels are below 1
    [[nodiscard]] static BatchNorm init(std::int64_t channels);
    /// @param x  [N, channels, H, W] or [N, channels], float32 or float64 as all else; or bfloat16, computed in float32
    ///           and rounded once, the state in float32
    [[nodiscard]] Tensor operator()(const Tensor& x, BatchNormState& state, const Pass& pass, BatchNormOptions options = {}) const;
};

/// The op of training: also gives the batch's mean and variance (dividing by n), which are constants to derivatives.
struct BatchStatistics {
    Tensor mean, variance;  ///< [channels]
};
[[nodiscard]] Tensor batch_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon, BatchStatistics& statistics);

}  // namespace cotangent::nn
