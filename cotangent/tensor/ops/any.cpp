// any and all: folds of what is not 0.
#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

template <class Fold>
Tensor logical(const char* op, const Tensor& x, const ReduceOptions& options) {
    const auto run = [reduction = detail::Reduction(op, x.shape(), options)](const Tensor& in) {
        const Tensor truth = in.dtype() == Dtype::boolean ? in : not_equal(in, 0);
        return detail::fold<bool, bool, Fold>(truth, reduction.reduced).view(reduction.result);
    };
    return detail::traced(op, run, x);
}

}  // namespace

Tensor any(const Tensor& x, const ReduceOptions& options) { return logical<detail::FoldAny>("any", x, options); }
Tensor all(const Tensor& x, const ReduceOptions& options) { return logical<detail::FoldAll>("all", x, options); }

}  // namespace cotangent
