#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// x repeated along its axes of length 1 and along new leading axes.
/// @throws ShapeError  x does not broadcast to `shape`
[[nodiscard]] Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// The transpose of broadcast_to: sums what broadcasting repeated.
/// @throws ShapeError  `shape` does not broadcast to x's
[[nodiscard]] Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace cotangent
