#pragma once
// sin, cos, tan, tanh: elementwise, any floating dtype; others throw DtypeError. Angles are in radians.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

[[nodiscard]] Tensor sin(const Tensor& x);
[[nodiscard]] Tensor cos(const Tensor& x);
[[nodiscard]] Tensor tan(const Tensor& x);
[[nodiscard]] Tensor tanh(const Tensor& x);

}  // namespace cotangent
