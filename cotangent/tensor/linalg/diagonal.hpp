#pragma once
// Diagonals and triangles of the last two axes. Offset 0 is the main diagonal, k > 0 lies k to its right, k < 0 below it.
// All but trace() take any dtype; x has at least two axes, or ShapeError.
#include <cstdint>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// [..., M, N] -> [..., K]: element i is x[..., i, i + offset]. K is 0 where the diagonal lies outside.
[[nodiscard]] Tensor diagonal(const Tensor& x, std::int64_t offset = 0);
/// [..., K] -> [..., N, N], N = K + |offset|: x on that diagonal of zeros. @throws ShapeError  x is a scalar
[[nodiscard]] Tensor diag_embed(const Tensor& x, std::int64_t offset = 0);
/// [..., M, N] -> [...]: the sum of the diagonal. Integers and bool sum to int64.
[[nodiscard]] Tensor trace(const Tensor& x, std::int64_t offset = 0);
/// What lies on the diagonal and below it, zeros elsewhere.
[[nodiscard]] Tensor tril(const Tensor& x, std::int64_t offset = 0);
/// What lies on the diagonal and above it, zeros elsewhere.
[[nodiscard]] Tensor triu(const Tensor& x, std::int64_t offset = 0);

}  // namespace cotangent
