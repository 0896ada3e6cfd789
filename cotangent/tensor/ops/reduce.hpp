#pragma once
// Reductions over any axes. The order of additions depends on the shape alone, never on the number of threads.
//
// Sums and means of float32 and bfloat16 are accumulated in float64 and rounded once:
//     |error| <= eps(float32) * |sum| + 8 eps(float64) * sum|x|      (bfloat16 with its own eps in the first term)
// and those of float64 in compensated blocks: |error| <= 8 eps(float64) * sum|x|, however many are added.
#include <cstdint>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Which axes a reduction removes.
struct ReduceOptions {
    std::vector<int> axes = {};  ///< negative counts from the last; none means all
    bool keep_axes = false;      ///< leave each as length 1
};

// All throw ShapeError when an axis is outside the rank or given twice.

/// The sum over the axes; of nothing 0. Integers and bool sum to int64.
[[nodiscard]] Tensor sum(const Tensor& x, const ReduceOptions& options = {});
/// The sum divided by the number of elements; of nothing NaN. @throws DtypeError  x is not floating
[[nodiscard]] Tensor mean(const Tensor& x, const ReduceOptions& options = {});
/// The product over the axes; of nothing 1. Integers and bool multiply to int64. The derivative is right at zeros.
[[nodiscard]] Tensor prod(const Tensor& x, const ReduceOptions& options = {});

/// The largest and the smallest element; NaN if there is one. The derivative is shared equally by ties.
/// @throws ValueError  a reduced axis has length 0
[[nodiscard]] Tensor max(const Tensor& x, const ReduceOptions& options = {});
[[nodiscard]] Tensor min(const Tensor& x, const ReduceOptions& options = {});

/// Is any, are all of the elements not zero? bool; of nothing false and true.
[[nodiscard]] Tensor any(const Tensor& x, const ReduceOptions& options = {});
[[nodiscard]] Tensor all(const Tensor& x, const ReduceOptions& options = {});

struct VarianceOptions {
    std::vector<int> axes = {};
    bool keep_axes = false;
    std::int64_t ddof = 0;  ///< divides by n - ddof: 0 the moment, 1 the unbiased estimate
};
/// The mean squared distance from the mean, in two passes: stable when the mean is large beside the spread.
/// NaN where n <= ddof. @throws DtypeError  x is not floating
[[nodiscard]] Tensor var(const Tensor& x, const VarianceOptions& options = {});

/// log(sum(exp(x))) without overflow: exact for rows of -inf (-inf) and rows with +inf (+inf); of nothing -inf.
/// @throws DtypeError  x is not floating
[[nodiscard]] Tensor logsumexp(const Tensor& x, const ReduceOptions& options = {});

}  // namespace cotangent
