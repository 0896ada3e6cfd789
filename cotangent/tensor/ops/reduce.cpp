#include "cotangent/tensor/ops/reduce.hpp"

#include <cmath>
#include <limits>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/broadcast_to.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/exponential.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/where.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::check_floating, detail::finish, detail::fold_wide, detail::Keep, detail::PauseRecording;
using detail::record, detail::ReducedAxes, detail::Reduction, detail::summed;

/// run(x), a reduction of x, in a trace: a total if nothing is left of the axes.
template <class F>
Tensor traced_reduction(const char* op, const F& run, const Tensor& x, const Reduction& reduction, bool is_mean) {
    if (!detail::is_tracing()) [[likely]] return run(x);
    detail::Operation operation = detail::operation_of<0, 1>({op, static_cast<double>(x.size())}, run);
    if (reduction.kept.size() == 1 && (x.dtype() == Dtype::float32 || x.dtype() == Dtype::float64))
        operation.kind = detail::Operation::Kind::total;
    operation.mean = is_mean;
    const Tensor* inputs = &x;
    Tensor out;
    trace_call(std::move(operation), {&inputs, 1}, {&out, 1});
    return out;
}

Tensor raw_sum(const Tensor& x, const ReducedAxes& reduced) {
    return fold_wide(x, [&]<class T, class A>() { return detail::fold<T, A, detail::FoldSum<A>>(x, reduced); });
}

struct Sum {
    static constexpr const char* name = "sum";
    static constexpr Keep keep = Keep::nothing;
    Reduction reduction;
    void vjp(const Call& call) const {
        call.give(0, broadcast_to(reduction.beside(call.cotangent()), call.input(0).shape()));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return sum(call.tangent(0), reduction.options()); }
};

struct Mean {
    static constexpr const char* name = "mean";
    static constexpr Keep keep = Keep::nothing;
    Reduction reduction;
    void vjp(const Call& call) const {
        const Shape& shape = call.input(0).shape();
        call.give(0, broadcast_to(reduction.beside(call.cotangent() / static_cast<double>(reduction.count(shape))), shape));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return mean(call.tangent(0), reduction.options()); }
};

struct Variance {
    static constexpr const char* name = "var";
    static constexpr Keep keep = Keep::inputs;
    Reduction reduction;
    double divisor;
    [[nodiscard]] Tensor slope(const Tensor& x) const {
        return (x - mean(x, reduction.kept_options())) * (2 / divisor);
    }
    void vjp(const Call& call) const { call.give(0, reduction.beside(call.cotangent()) * slope(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return sum(call.tangent(0) * slope(call.input(0)), reduction.options());
    }
};

constexpr double infinity = std::numeric_limits<double>::infinity();

struct LogSumExp {
    static constexpr const char* name = "logsumexp";
    static constexpr Keep keep = Keep::both;
    Reduction reduction;
    /// The softmax; 0 in rows of -inf.
    [[nodiscard]] Tensor slope(const Call& call) const {
        const Tensor out = reduction.beside(call.output());
        return exp(call.input(0) - where(equal(out, -infinity), 0.0, out));
    }
    void vjp(const Call& call) const { call.give(0, reduction.beside(call.cotangent()) * slope(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return sum(call.tangent(0) * slope(call), reduction.options()); }
};

}  // namespace

Tensor sum(const Tensor& x, const ReduceOptions& options) {
    const Reduction reduction("sum", x.shape(), options);
    const auto run = [reduction](const Tensor& in) { return finish(raw_sum(in, reduction.reduced), reduction, summed(in.dtype())); };
    return record(Sum{reduction}, traced_reduction("sum", run, x, reduction, false), x);
}

Tensor mean(const Tensor& x, const ReduceOptions& options) {
    check_floating("mean", x);
    const Reduction reduction("mean", x.shape(), options);
    const auto run = [reduction](const Tensor& in) {
        Tensor folded = raw_sum(in, reduction.reduced);
        const auto count = static_cast<double>(reduction.count(in.shape()));
        for (double& value : folded.mutable_values<double>()) value /= count;
        return finish(folded, reduction, in.dtype());
    };
    return record(Mean{reduction}, traced_reduction("mean", run, x, reduction, true), x);
}

Tensor var(const Tensor& x, const VarianceOptions& options) {
    check_floating("var", x);
    const Reduction reduction("var", x.shape(), options.axes, options.keep_axes);
    const auto count = static_cast<double>(reduction.count(x.shape()));
    const double divisor = std::max(0.0, count - static_cast<double>(options.ddof));
    // The squares are taken of distances from the rounded mean; the sum of the distances says what that rounding
    // contributes, and is taken off again (the corrected two-pass algorithm, Chan, Golub, LeVeque 1983).
    const auto run = [=](const Tensor& in) {
        const Tensor wide = in.dtype() == Dtype::bfloat16 ? detail::to_float32(in) : in.detached();
        Tensor center = raw_sum(wide, reduction.reduced);
        for (double& value : center.mutable_values<double>()) value /= count;
        const Tensor distance = wide - cast(center, wide.dtype()).view(reduction.kept);
        const Tensor drift = raw_sum(distance, reduction.reduced);
        Tensor squares = raw_sum(distance * distance, reduction.reduced);
        auto values = squares.mutable_values<double>();
        for (std::size_t k = 0; k < values.size(); ++k) {
            const double lost = drift.data<double>()[k];
            values[k] = (values[k] - lost * lost / count) / divisor;
        }
        return finish(squares, reduction, in.dtype());
    };
    return record(Variance{reduction, divisor}, detail::traced({"var", 4.0 * static_cast<double>(x.size())}, run, x), x);
}

Tensor logsumexp(const Tensor& x, const ReduceOptions& options) {
    check_floating("logsumexp", x);
    const Reduction reduction("logsumexp", x.shape(), options);
    const auto run = [reduction](const Tensor& in) {
        const Tensor wide = in.dtype() == Dtype::bfloat16 ? detail::to_float32(in) : in.detached();
        Tensor shift = detail::fold_max(wide, reduction.reduced);
        const auto drop_infinities = [&]<class T>(T) {
            for (T& value : shift.mutable_values<T>())
                if (std::isinf(value)) value = 0;
        };
        dispatch_float(shift.dtype(), drop_infinities);
        const Tensor terms = detail::elementwise("logsumexp", [](auto v, auto s) { return exp(v - s); }, wide,
                                                 shift.view(reduction.kept));
        Tensor total = raw_sum(terms, reduction.reduced);
        const auto shifts = shift.to_vector<double>();
        auto values = total.mutable_values<double>();
        for (std::size_t k = 0; k < values.size(); ++k) values[k] = std::log(values[k]) + shifts[k];
        return finish(total, reduction, in.dtype());
    };
    return record(LogSumExp{reduction}, detail::traced({"logsumexp", 4.0 * static_cast<double>(x.size())}, run, x), x);
}

}  // namespace cotangent
