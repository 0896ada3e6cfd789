#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct QR {
    Tensor q;  ///< [..., M, K], orthonormal columns
    Tensor r;  ///< [..., K, N], zeros below the diagonal
};

/// a = q r with K = min(M, N). The diagonal of r is not negative, which makes both unique where the first K columns of a are
/// independent. Where they are not, the values are one of many factorisations, and derivatives mean
/// nothing, finite or not.
///
/// @param a  [..., M, N]  float32 or float64
/// @throws ShapeError  a has fewer than two axes    @throws DtypeError  another dtype
/// @accuracy  |a - q r| and |q^T q - 1| within M N eps(dtype) |a|, in norm
/// @source    derivative: Walter, Lehmann 2018, Algorithmic Differentiation of Linear Algebra Functions, arXiv:1009.6112
[[nodiscard]] QR qr(const Tensor& a);

}  // namespace cotangent
