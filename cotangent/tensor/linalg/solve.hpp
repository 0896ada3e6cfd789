#pragma once
// What one LU factorisation with pivots gives: solutions, inverses, determinants. float32 and float64.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// x with a x = b.
///
/// @param a  [..., N, N]
/// @param b  [N], or [..., N, K]; leading axes broadcast with a's
/// @return   the shape of b, with the leading axes of both
/// @throws ShapeError  a is not square, or b does not fit    @throws DtypeError  the dtypes differ, or are others
/// @throws ValueError  a pivot is exactly zero: a is singular; the message names the matrix. Nearly singular is not an
/// error.
/// @accuracy  |x - exact| is about N eps(dtype) cond(a) |x|
[[nodiscard]] Tensor solve(const Tensor& a, const Tensor& b);

/// a^-1, with the checks of solve(). To multiply by an inverse, solve() is faster and more accurate.
[[nodiscard]] Tensor inverse(const Tensor& a);

/// The determinant, [..., N, N] -> [...]; 1 for N = 0. A product of N pivots: it overflows where slogdet() does not.
/// Derivatives of first and second order are those of the polynomial that it is, at singular matrices too. Those of third
/// order and more need an inverse: they lose digits as inverse() does, and an exactly zero pivot is an error.
[[nodiscard]] Tensor det(const Tensor& a);

struct SignLogDet {
    Tensor sign;       ///< -1, 0 or 1; a constant to whoever differentiates
    Tensor logabsdet;  ///< log |det a|; -infinity at a singular matrix, where its derivative is not finite
};
/// The sign and the logarithm of the determinant, each [...].
[[nodiscard]] SignLogDet slogdet(const Tensor& a);

}  // namespace cotangent
