#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct LstsqOptions {
    double rcond = -1;  ///< singular values at most rcond max(s) count as zero; negative: max(M, N) eps(dtype)
};

/// The x of least norm among those that make |a x - b| least: pseudo_inverse(a) b, by the singular value decomposition.
///
/// Derivatives are those at constant rank: right for a matrix of full rank, and along changes that keep a lower one. Where
/// the rank drops x jumps, and nothing can be right.
///
/// @param a  [..., M, N]  float32 or float64, of any rank
/// @param b  [M], or [..., M, K]; leading axes broadcast with a's
/// @return   [N], or [..., N, K]
/// @throws ShapeError  b does not fit a    @throws DtypeError  the dtypes differ, or are others
/// @throws ValueError  as svd()
/// @source   derivative: Golub, Pereyra 1973, SIAM J. Numer. Anal. 10(2), equation 4.12
[[nodiscard]] Tensor lstsq(const Tensor& a, const Tensor& b, const LstsqOptions& options = {});

}  // namespace cotangent
