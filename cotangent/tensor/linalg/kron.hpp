#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The Kronecker product of matrices, [..., M, N] and [..., P, Q] -> [..., M P, N Q]: block (i, j) is a[i, j] b. Leading
/// axes broadcast.
/// @throws ShapeError  fewer than two axes, or leading ones that do not broadcast    @throws DtypeError  the dtypes differ
[[nodiscard]] Tensor kron(const Tensor& a, const Tensor& b);

}  // namespace cotangent
