#pragma once
// Tensors joined along an axis, and cut apart again.
#include <span>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The parts one after the other along an axis that they all have.
/// @throws ShapeError  no parts, or their shapes differ in another axis    @throws DtypeError  their dtypes differ
[[nodiscard]] Tensor concatenate(std::span<const Tensor> parts, int axis = 0);
[[nodiscard]] Tensor concatenate(std::initializer_list<Tensor> parts, int axis = 0);
/// The parts, all of one shape, along a new axis of the result.
/// @throws ShapeError  no parts, or their shapes differ    @throws DtypeError  their dtypes differ
[[nodiscard]] Tensor stack(std::span<const Tensor> parts, int axis = 0);
[[nodiscard]] Tensor stack(std::initializer_list<Tensor> parts, int axis = 0);
/// x cut into `count` equal parts. Parts along the first axis share x's memory.
/// @throws ShapeError  count does not divide the length of the axis
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, int count, int axis = 0);
/// x cut into parts of the given lengths. @throws ShapeError  they do not sum to the length of the axis
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::span<const std::int64_t> lengths, int axis = 0);
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> lengths, int axis = 0);

}  // namespace cotangent
