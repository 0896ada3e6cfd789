#pragma once
// Logic on bool tensors: elementwise, broadcasting as NumPy. Other dtypes throw DtypeError. The operators compute both
// sides: `&&` and `||` of tensors do not stop early.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

[[nodiscard]] Tensor logical_and(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_or(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_xor(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_not(const Tensor& x);

[[nodiscard]] inline Tensor operator&&(const Tensor& a, const Tensor& b) { return logical_and(a, b); }
[[nodiscard]] inline Tensor operator||(const Tensor& a, const Tensor& b) { return logical_or(a, b); }
[[nodiscard]] inline Tensor operator!(const Tensor& x) { return logical_not(x); }

}  // namespace cotangent
