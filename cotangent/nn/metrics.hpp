#pragma once
// How good predictions are. Plain functions of finished predictions; nothing here is differentiated.
#include <functional>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

/// The share of rows whose largest logit is the label.
/// @param logits  [N, C]    @param labels  [N] int32 or int64
[[nodiscard]] double accuracy(const Tensor& logits, const Tensor& labels);
/// The share of rows whose label is among the k largest logits.
[[nodiscard]] double top_k_accuracy(const Tensor& logits, const Tensor& labels, std::int64_t k);
/// counts[truth, prediction]: [C, C] int64.
[[nodiscard]] Tensor confusion_matrix(const Tensor& logits, const Tensor& labels);

/// A figure of merit of logits [N, C] and labels [N]: accuracy, top_k(3), or one of your own. fit() takes a list of them.
using Metric = std::function<double(const Tensor& logits, const Tensor& labels)>;
/// top_k_accuracy() for this k.
[[nodiscard]] Metric top_k(std::int64_t k);

struct Interval {
    double low = 0, high = 1;
};
/// The 95 % confidence interval of a share seen in n trials. @source Wilson 1927
[[nodiscard]] Interval wilson_interval(double share, std::int64_t n);

}  // namespace cotangent::nn
