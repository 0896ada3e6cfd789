#pragma once
// Elements chosen by index tensors (int32 or int64, negative counts from the end), and their transposes that add.
// All check every index before any work:
// @throws ValueError  an index is outside [-length, length); the message names it
// @throws DtypeError  the indices are not int32 or int64
#include <cstdint>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The parts of x at the indices along an axis: the axis is replaced by the axes of `indices`. A row of an embedding
/// table for each token is `take(table, tokens)`: [V, D] and [B, T] give [B, T, D].
[[nodiscard]] Tensor take(const Tensor& x, const Tensor& indices, int axis = 0);

/// x with `updates` added at the indices along an axis, in order, so that repeated indices add up the same way every
/// time. The transpose of take: updates have the shape of take(x, indices, axis).
/// @throws ShapeError  updates have another shape
[[nodiscard]] Tensor scatter_add(const Tensor& x, const Tensor& indices, const Tensor& updates, int axis = 0);

/// out[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so for any axis and rank, as NumPy: the probability of each
/// label is `take_along_axis(p, expand_dims(labels, -1), -1)`.
/// @throws ShapeError  the shapes of x and the indices differ in another axis
[[nodiscard]] Tensor take_along_axis(const Tensor& x, const Tensor& indices, int axis);

/// 1 at each index along a new last axis of length `depth`, 0 elsewhere.
[[nodiscard]] Tensor one_hot(const Tensor& indices, std::int64_t depth, Dtype dtype = Dtype::float32);

}  // namespace cotangent
