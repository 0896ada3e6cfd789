#pragma once
// exp, expm1, log, log1p: elementwise, any floating dtype; others throw DtypeError. Accuracy: lanes_math.hpp.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

[[nodiscard]] Tensor exp(const Tensor& x);
/// exp(x) - 1 without cancellation near 0.
[[nodiscard]] Tensor expm1(const Tensor& x);
/// The natural logarithm: -infinity at 0, NaN below.
[[nodiscard]] Tensor log(const Tensor& x);
/// log(1 + x) without cancellation near 0.
[[nodiscard]] Tensor log1p(const Tensor& x);

}  // namespace cotangent
