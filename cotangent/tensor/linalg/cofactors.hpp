#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::detail {

/// The derivative of det(a), [..., N, N]: the cofactors of its elements. They are sums of products of other elements, so
/// they exist at singular matrices too, where det(a) a^-T does not.
///
/// Their first derivatives are right at every matrix; further ones where a is regular, and lose digits near singular ones.
///
/// @param lu, pivots  what lu_factor() makes of each matrix of a
/// @throws ValueError  in a derivative of third order of det(): a pivot is exactly zero; the message names the matrix
[[nodiscard]] Tensor cofactors(const Tensor& a, const Tensor& lu, const Tensor& pivots);

}  // namespace cotangent::detail
