// max and min: folds that pick.
#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

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
    const auto run = [reduction](const Tensor& in) {
        if (in.dtype() == Dtype::boolean) return largest ? any(in, reduction.options()) : all(in, reduction.options());
        const bool widens = in.dtype() == Dtype::int32 || in.dtype() == Dtype::uint8;
        const Tensor wide = in.dtype() == Dtype::bfloat16 ? detail::to_float32(in) : widens ? cast(in, Dtype::int64) : in;
        const Tensor folded = largest ? detail::fold_max(wide, reduction.reduced) : detail::fold_min(wide, reduction.reduced);
        return finish(folded, reduction, in.dtype());
    };
    return record(Op{reduction}, detail::traced({Op::name, static_cast<double>(x.size())}, run, x), x);
}

}  // namespace

Tensor max(const Tensor& x, const ReduceOptions& options) { return extremum<true>(x, options); }
Tensor min(const Tensor& x, const ReduceOptions& options) { return extremum<false>(x, options); }

}  // namespace cotangent
