// any and all: folds of what is not 0.
#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/compare.hpp"

namespace cotangent {
namespace {

template <class Fold>
Tensor logical(const char* op, const Tensor& x, const ReduceOptions& options) {
    const detail::Reduction reduction(op, x.shape(), options);
    const Tensor truth = x.dtype() == Dtype::boolean ? x : not_equal(x, 0);
    return detail::fold<bool, bool, Fold>(truth, reduction.reduced).view(reduction.result);
}

}  // namespace

Tensor any(const Tensor& x, const ReduceOptions& options) { return logical<detail::FoldAny>("any", x, options); }
Tensor all(const Tensor& x, const ReduceOptions& options) { return logical<detail::FoldAll>("all", x, options); }

}  // namespace cotangent
