#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Which triangle of a matrix is meant, and how it is read.
struct TriangularSolveOptions {
    bool lower = true;
    bool transpose = false;      ///< solves with the transpose of that triangle
    bool unit_diagonal = false;  ///< ones on the diagonal, whatever stands there
};

/// x with a x = b (or a^T x = b), a triangular: the other triangle is not read, and has derivative zero.
///
/// @param a  [..., N, N]  float32 or float64
/// @param b  [N], or [..., N, K]; leading axes broadcast with a's
/// @return   the shape of b, with the leading axes of both. A zero on the diagonal gives infinities or NaN, as division
/// does.
/// @throws ShapeError  a is not square, or b does not fit    @throws DtypeError  the dtypes differ, or are not those
/// @accuracy  backward stable: (a + e) x = b, |e| <= 2 N eps(dtype) |a|, element by element (Higham 2002, theorem 8.5)
[[nodiscard]] Tensor triangular_solve(const Tensor& a, const Tensor& b, const TriangularSolveOptions& options = {});

}  // namespace cotangent
