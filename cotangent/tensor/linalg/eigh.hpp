#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct Eigh {
    Tensor values;   ///< [..., N], ascending
    Tensor vectors;  ///< [..., N, N]: column i belongs to value i; orthonormal, each of either sign
};

/// The eigenvalues and eigenvectors of symmetric matrices, a = vectors diag(values) vectors^T.
///
/// a is read as (a + a^T) / 2, so a cotangent or tangent of it counts by its symmetric part.
///
/// Repeated eigenvalues: eigenvectors are then any basis of their space and have no derivative. Pairs of eigenvalues nearer
/// than N eps(dtype) max|values| count as equal, and the terms between them, which would be 0 / 0, are left out. All
/// derivatives stay finite. First derivatives of functions of the values alone that treat equal ones alike (their sum, their
/// largest's multiple, sum f(values)) stay right. What is put together of values and vectors, v f(w) v^T, lacks the part of
/// its derivative that lies within the space of a repeated value: use ops on a itself, such as matrix_exp(). Second
/// derivatives mean nothing there. Values that are nearly equal lose digits as the gap shrinks.
///
/// @param a  [..., N, N]  float32 or float64
/// @throws ShapeError  a is not square    @throws DtypeError  another dtype
/// @throws ValueError  an element is NaN or infinite, or the iteration does not end; the message names the matrix
/// @accuracy  values within N eps(dtype) max|values|
/// @source    derivative: Giles 2008, Collected matrix derivative results, section 3.1
[[nodiscard]] Eigh eigh(const Tensor& a);

}  // namespace cotangent
