#pragma once
// maximum, minimum, clip: elementwise, any numeric dtype, broadcasting as NumPy. A NaN stays a NaN, whichever side it is on.
#include "cotangent/tensor/numbers.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The larger one. Its derivative goes to the larger argument; where both are equal each receives half.
[[nodiscard]] Tensor maximum(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor maximum(const Tensor& a, double b);
[[nodiscard]] Tensor maximum(double a, const Tensor& b);
/// The smaller one. Its derivative goes to the smaller argument; where both are equal each receives half.
[[nodiscard]] Tensor minimum(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor minimum(const Tensor& a, double b);
[[nodiscard]] Tensor minimum(double a, const Tensor& b);
/// x moved into [low, high]. Its derivative is 1 inside and at the bounds, 0 outside.
/// @throws ValueError  low is above high, or one of them is NaN
[[nodiscard]] Tensor clip(const Tensor& x, double low, double high);

}  // namespace cotangent
