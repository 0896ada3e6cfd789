#pragma once
// Norms of vectors and matrices. float32 and float64; no order overflows or loses small numbers where its result does not.
#include <limits>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct VectorNormOptions {
    double order = 2;            ///< any p; infinity: the largest |x|, -infinity: the smallest; 0: how many are not 0
    std::vector<int> axes = {};  ///< negative counts from the last; none means all
    bool keep_axes = false;      ///< leave each as length 1
};

/// (sum |x|^p)^(1/p) over the axes, all elements as one vector. Order 2 over two axes is the Frobenius norm.
///
/// Where the norm of order p > 1 is 0 its derivative is 0, one of its subgradients; so is that by an element that is 0 for
/// orders up to 1.
/// Ties of the orders +-infinity share the derivative.
/// @throws ShapeError  an axis is outside the rank or given twice    @throws DtypeError  x is not float32 or float64
/// @throws ValueError  the order is NaN; a reduced axis has length 0 and the order is infinite or negative
[[nodiscard]] Tensor vector_norm(const Tensor& x, const VectorNormOptions& options = {});

enum class MatrixNorm {
    frobenius,  ///< the root of the sum of squares
    nuclear,    ///< the sum of the singular values
    spectral,   ///< the largest singular value
    one,        ///< the largest sum of |x| of a column
    infinity    ///< the largest sum of |x| of a row
};

/// [..., M, N] -> [...]: the norm of each matrix. nuclear and spectral have the derivatives of svd(); where the largest
/// singular value is repeated, that of the spectral norm is one of its subgradients.
/// @throws ShapeError  x has fewer than two axes    @throws DtypeError  x is not float32 or float64
/// @throws ValueError  as svd(); there is nothing that spectral, one or infinity would be the largest of
[[nodiscard]] Tensor matrix_norm(const Tensor& x, MatrixNorm which = MatrixNorm::frobenius);

}  // namespace cotangent
