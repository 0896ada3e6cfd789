#pragma once
// Products of matrices and vectors.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Operands are read transposed, without a copy. A vector has nothing to transpose.
struct MatmulOptions {
    bool transpose_a = false;  ///< a is [..., K, M]
    bool transpose_b = false;  ///< b is [..., N, K]
};

/// The matrix product over the last two axes, NumPy's matmul:
///     [..., M, K] x [..., K, N] -> [..., M, N], leading axes broadcast
///     [K] x [..., K, N] -> [..., N]      [..., M, K] x [K] -> [..., M]      [K] x [K] -> []
///
/// float32, float64 or bfloat16, which is summed in float32 and rounded once.
/// @throws ShapeError  a scalar, or the lengths K differ, or the leading axes do not broadcast
/// @throws DtypeError  the dtypes differ, or are not floating
/// @accuracy  |error| <= 2 K eps(dtype) sum_k |a_k||b_k|; the same bits for any number of threads
[[nodiscard]] Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options = {});
/// The product of every pair: [M] and [N] -> [M, N]. Other shapes are flattened first, as NumPy does.
[[nodiscard]] Tensor outer(const Tensor& a, const Tensor& b);

}  // namespace cotangent
