#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// exp(x) / sum exp(x) over one axis, shifted by the largest value so that nothing overflows. A row whose largest value is
/// -infinity gives NaN.
/// @param x  float32, float64 or bfloat16   @throws ShapeError, DtypeError
/// @accuracy  relative error <= 8 eps(dtype) + eps(dtype) |x - max|
[[nodiscard]] Tensor softmax(const Tensor& x, int axis = -1);
/// log(softmax(x)) = x - max - log sum exp(x - max), without underflow.
[[nodiscard]] Tensor log_softmax(const Tensor& x, int axis = -1);

}  // namespace cotangent
