#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The exponential of square matrices, 1 + a + a^2 / 2 + ..., by scaling and squaring of Pade approximants, in float64 for
/// both dtypes. A matrix with a NaN or an infinity gives NaN.
///
/// Derivatives come from one exponential of twice the size, exp [a e; 0 a] = [exp a, D; 0, exp a] with D the derivative
/// along e: a gradient costs about eight times the value.
///
/// @param a  [..., N, N]  float32 or float64
/// @throws ShapeError  a is not square    @throws DtypeError  another dtype
/// @source   Higham 2005, SIAM J. Matrix Anal. Appl. 26(4), algorithm 2.3; derivative: Al-Mohy, Higham 2009, SIAM J. Matrix
///           Anal. Appl. 30(4), equation 1.2
[[nodiscard]] Tensor matrix_exp(const Tensor& a);

}  // namespace cotangent
