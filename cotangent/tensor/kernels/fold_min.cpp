#include "cotangent/tensor/kernels/reduction.hpp"

namespace cotangent::detail {

Tensor fold_min(const Tensor& x, const ReducedAxes& reduced) {
    if (x.dtype() == Dtype::float32) return fold<float, float, FoldMinimum<float>>(x, reduced);
    if (x.dtype() == Dtype::float64) return fold<double, double, FoldMinimum<double>>(x, reduced);
    return fold<std::int64_t, std::int64_t, FoldMinimum<std::int64_t>>(x, reduced);
}

}  // namespace cotangent::detail
