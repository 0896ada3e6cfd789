#pragma once
// Axes in another order.
#include <initializer_list>
#include <span>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Axis k of the result is axis axes[k] of x; negative counts from the last. No data moves when only axes of length 1 do.
/// @throws ShapeError  axes is not a permutation of x's axes
[[nodiscard]] Tensor transpose(const Tensor& x, std::span<const int> axes);
[[nodiscard]] Tensor transpose(const Tensor& x, std::initializer_list<int> axes);
/// All axes in reverse order: the transposed matrix.
[[nodiscard]] Tensor transpose(const Tensor& x);
/// Two axes change places. `swap_axes(x, -1, -2)` transposes a stack of matrices.
[[nodiscard]] Tensor swap_axes(const Tensor& x, int axis1, int axis2);
/// Axis `from` moves to place `to`; the others keep their order.
[[nodiscard]] Tensor move_axis(const Tensor& x, int from, int to);

}  // namespace cotangent
