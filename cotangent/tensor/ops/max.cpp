// max, min, any and all: folds that pick.
#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::finish, detail::Keep, detail::PauseRecording, detail::record, detail::Reduction;

template <bool largest>
struct Extremum {
    static constexpr const char* name = largest ? "max" : "min";
    static constexpr Keep keep = Keep::both;
    Reduction reduction;
    /// What each element has of the derivative: 1 / ties, or 0. Its own derivative is 0 almost everywhere.
    [[nodiscard]] Tensor share(const Call& call) const {
        const PauseRecording pause;
        const Tensor x = call.input(0).detached();
        const Tensor ties = cast(equal(x, reduction.beside(call.output().detached())), x.dtype());
        return ties / sum(ties, reduction.kept_options());
    }
    void vjp(const Call& call) const { call.give(0, reduction.beside(call.cotangent()) * share(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return sum(call.tangent(0) * share(call), reduction.options()); }
};

template <bool largest>
Tensor extremum(const Tensor& x, const ReduceOptions& options) {
    using Op = Extremum<largest>;
    const Reduction reduction(Op::name, x.shape(), options);
    if (reduction.count(x.shape()) == 0 && reduction.result.size() > 0)
        throw ValueError(fmt::format("{}: shape is {}, expected at least one element to reduce", Op::name, to_string(x.shape())));
    const Tensor folded = dispatch(x.dtype(), [&]<class T>(T) {
        using A = std::conditional_t<std::is_same_v<T, BFloat16>, float, T>;
        using Fold = std::conditional_t<largest, detail::FoldMaximum<A>, detail::FoldMinimum<A>>;
        if constexpr (std::is_same_v<T, bool>) {
            using Logical = std::conditional_t<largest, detail::FoldAny, detail::FoldAll>;
            return detail::fold<T, A, Logical>(x, reduction.reduced);
        } else return detail::fold<T, A, Fold>(x, reduction.reduced);
    });
    return record(Op{reduction}, finish(folded, reduction, x.dtype()), x);
}

}  // namespace

Tensor max(const Tensor& x, const ReduceOptions& options) { return extremum<true>(x, options); }
Tensor min(const Tensor& x, const ReduceOptions& options) { return extremum<false>(x, options); }

Tensor any(const Tensor& x, const ReduceOptions& options) {
    const Reduction reduction("any", x.shape(), options);
    return dispatch(x.dtype(), [&]<class T>(T) { return detail::fold<T, bool, detail::FoldAny>(x, reduction.reduced); })
        .view(reduction.result);
}

Tensor all(const Tensor& x, const ReduceOptions& options) {
    const Reduction reduction("all", x.shape(), options);
    return dispatch(x.dtype(), [&]<class T>(T) { return detail::fold<T, bool, detail::FoldAll>(x, reduction.reduced); })
        .view(reduction.result);
}

}  // namespace cotangent
