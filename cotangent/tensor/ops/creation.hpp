#pragma once
// New tensors from nothing but numbers. float32 unless a dtype is given.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

[[nodiscard]] Tensor zeros(const Shape& shape, Dtype dtype = Dtype::float32);
[[nodiscard]] Tensor ones(const Shape& shape, Dtype dtype = Dtype::float32);
[[nodiscard]] Tensor full(const Shape& shape, double value, Dtype dtype = Dtype::float32);
/// zeros and ones with the shape and dtype of x.
[[nodiscard]] Tensor zeros_like(const Tensor& x);
[[nodiscard]] Tensor ones_like(const Tensor& x);
/// A scalar of x's dtype: what a number beside x becomes. @throws ValueError  an integer dtype does not have that value
[[nodiscard]] Tensor constant_like(const Tensor& x, double value);
/// start, start + step, ... below stop. @throws ValueError  step is 0 or not finite, or more elements than a shape may have
[[nodiscard]] Tensor arange(double start, double stop, double step = 1, Dtype dtype = Dtype::float32);
/// `count` values from start to stop, both included. @throws ValueError  count < 0
[[nodiscard]] Tensor linspace(double start, double stop, std::int64_t count, Dtype dtype = Dtype::float32);
/// [n, n] with ones on the diagonal.
[[nodiscard]] Tensor eye(std::int64_t n, Dtype dtype = Dtype::float32);

}  // namespace cotangent
