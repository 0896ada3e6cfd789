#pragma once
// Losses: functions from predictions and targets to a scalar, the mean over examples. Floating dtypes; bfloat16 is widened
// first, so that its loss is float32.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

struct CrossEntropyOptions {
    double label_smoothing = 0;  ///< this share of each target is spread evenly over the classes
};

/// -mean over examples of sum_c target_c log softmax(logits)_c.
/// @param logits  [..., C] floating
/// @param labels  [...] integers in [0, C); or probabilities [..., C] of the dtype of logits
/// @return        []
/// @throws ShapeError, ValueError  a label is outside [0, C); the message names it
[[nodiscard]] Tensor cross_entropy(const Tensor& logits, const Tensor& labels, CrossEntropyOptions options = {});

/// -mean of t log sigmoid(x) + (1 - t) log(1 - sigmoid(x)), stable for any logit.
/// @param logits   any shape    @param targets  the same, in [0, 1]
[[nodiscard]] Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets);

/// mean (prediction - target)^2.
[[nodiscard]] Tensor mean_squared_error(const Tensor& predictions, const Tensor& targets);

/// mean of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2). @source Huber 1964
[[nodiscard]] Tensor huber(const Tensor& predictions, const Tensor& targets, double delta = 1);

}  // namespace cotangent::nn
