#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The lower triangle l with a = l l^T and a positive diagonal; zeros above it.
///
/// a is read as (a + a^T) / 2, so a cotangent or tangent of it counts by its symmetric part.
///
/// @param a  [..., N, N]  float32 or float64, positive definite
/// @throws ShapeError  a is not square    @throws DtypeError  another dtype
/// @throws ValueError  a matrix is not positive definite; the message names it and the leading minor that is not
/// @accuracy  |a - l l^T| <= (N + 2) eps(dtype) |l||l^T|, element by element (Higham 2002, theorem 10.3)
/// @source    derivative: Murray 2016, arXiv:1602.07527, section 3.1
[[nodiscard]] Tensor cholesky(const Tensor& a);

}  // namespace cotangent
