#pragma once
// The same elements under another shape. No data moves.
#include <span>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// One length may be -1: it is what the others leave.
/// @throws ShapeError  the sizes differ, or more than one -1
[[nodiscard]] Tensor reshape(const Tensor& x, std::span<const std::int64_t> lengths);
[[nodiscard]] Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> lengths);
[[nodiscard]] Tensor reshape(const Tensor& x, const Shape& shape);
/// Everything but the first axis in one row: [N, ...] -> [N, -1]. @throws ShapeError  x is a scalar
[[nodiscard]] Tensor flatten(const Tensor& x);
/// A new axis of length 1 before `axis` of the result.
[[nodiscard]] Tensor expand_dims(const Tensor& x, int axis);
/// Drops an axis of length 1. @throws ShapeError  its length is not 1
[[nodiscard]] Tensor squeeze(const Tensor& x, int axis);
/// Drops every axis of length 1.
[[nodiscard]] Tensor squeeze(const Tensor& x);

}  // namespace cotangent
