#include "cotangent/tensor/kernels/reduction.hpp"

namespace cotangent::detail {

Tensor fold_max(const Tensor& x, const ReducedAxes& reduced) {
    if (x.dtype() == Dtype::float32) return fold<float, float, FoldMaximum<float>>(x, reduced);
    if (x.dtype() == Dtype::float64) return fold<double, double, FoldMaximum<double>>(x, reduced);
    return fold<std::int64_t, std::int64_t, FoldMaximum<std::int64_t>>(x, reduced);
}

}  // namespace cotangent::detail
