#pragma once
// sigmoid, softplus: elementwise, any floating dtype; others throw DtypeError.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// 1 / (1 + exp(-x)), without overflow on either side.
[[nodiscard]] Tensor sigmoid(const Tensor& x);
/// log(1 + exp(x)), without overflow: x for large x, exp(x) for very negative x. Its derivative is sigmoid(x).
[[nodiscard]] Tensor softplus(const Tensor& x);

}  // namespace cotangent
