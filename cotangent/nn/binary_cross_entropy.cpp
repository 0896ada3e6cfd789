#include "cotangent/nn/detail/check_same_shape.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::nn {

Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets) {
    check_same_shape("binary_cross_entropy", logits, targets);
    if (logits.dtype() == Dtype::bfloat16) return binary_cross_entropy(cast(logits, Dtype::float32), cast(targets, Dtype::float32));
    // -t log s(x) - (1-t) log(1-s(x)) = max(x, 0) - x t + log(1 + exp(-|x|)); -|x| as a choice, so that the derivative at
    // 0, where untrained networks often start, is right too.
    return mean(map(
        [](auto x, auto t) { return select(x > 0, x, 0.0) - x * t + log1p(exp(select(x > 0, -x, x))); }, logits, targets));
}

}  // namespace cotangent::nn
