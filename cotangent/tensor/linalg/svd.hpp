#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct SVD {
    Tensor u;   ///< [..., M, K], orthonormal columns
    Tensor s;   ///< [..., K], descending, not negative
    Tensor vt;  ///< [..., K, N], orthonormal rows
};

/// The singular value decomposition a = u diag(s) vt, K = min(M, N). Column i of u and row i of vt may change sign together.
///
/// Repeated singular values: u and vt have no derivative there. Pairs nearer than max(M, N) eps(dtype) max(s) count as equal
/// and the terms between them are left out, as eigh() does; values below that bound count as zero, and the terms that divide
/// by them are left out too. Derivatives of s stay right where the values are distinct; where s is zero its derivative is
/// one of its subgradients. First derivatives of functions of s alone that treat equal values alike stay right. What is put
/// together of u, s and vt (u vt, u f(s) vt) lacks the part of its derivative between equal values, and between zero ones.
///
/// @param a  [..., M, N]  float32 or float64
/// @throws ShapeError  a has fewer than two axes    @throws DtypeError  another dtype
/// @throws ValueError  an element is NaN or infinite, or the iteration does not end; the message names the matrix
/// @accuracy  s within max(M, N) eps(dtype) max(s)
/// @source    derivative: Giles 2008, section 3.2; Walter, Lehmann 2018, arXiv:1009.6112, section 3.6
[[nodiscard]] SVD svd(const Tensor& a);

}  // namespace cotangent
