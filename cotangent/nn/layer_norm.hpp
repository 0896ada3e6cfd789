#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

/// What layer_norm() may vary.
struct LayerNormOptions {
    int axis = -1;          ///< first normalised axis; negative counts from the last
    double epsilon = 1e-5;  ///< added to the variance, so in squared units of x
};

/// Shifts and scales each slice of `x` over axes [axis, rank) to mean 0, variance 1:
///     y = gain * (x - mean) / sqrt(var + epsilon) + bias     (var divides by n, not n-1)
///
/// @param x     [..., N]  floating, N the elements of the normalised axes
/// @param gain  [N]       dtype of x; an empty tensor means ones
/// @param bias  [N]       dtype of x; an empty tensor means zeros
/// @return      the shape and dtype of x
/// @throws ShapeError  gain or bias has not N elements; the message names both shapes
/// @accuracy    |error| <= 8 eps(dtype) * max|y| against a float64 reference
/// @source      Ba, Kiros, Hinton 2016, arXiv:1607.06450, eqs. 3-4
[[nodiscard]] Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, LayerNormOptions options = {});

/// layer_norm over the last axis with weights of its own.
struct LayerNorm {
    Tensor gain;  ///< [width]
    Tensor bias;  ///< [width]

    /// @throws ValueError  width is below 1
    [[nodiscard]] static LayerNorm init(std::int64_t width);
    [[nodiscard]] Tensor operator()(const Tensor& x) const { return layer_norm(x, gain, bias); }
};

}  // namespace cotangent::nn
