#include "cotangent/tensor/ops/argmax.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/axis_view.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

constexpr std::int64_t grain = 32768;  // elements a thread takes at a time

/// Does `a` come before `b`? A NaN comes before all else.
template <bool largest, class T>
bool beats(T a, T b) {
    if constexpr (std::is_same_v<T, BFloat16>) return beats<largest>(static_cast<float>(a), static_cast<float>(b));
    else return (largest ? a > b : a < b) || (a != a && b == b);
}

template <bool largest, class T>
std::int64_t best_of_row(const T* x, std::int64_t count) {
    std::int64_t best = 0;
    T value = x[0];
    for (std::int64_t k = 1; k < count; ++k)
        if (beats<largest>(x[k], value)) {
            best = k;
            value = x[k];
        }
    return best;
}

template <bool largest>
Tensor compute(const char* op, const Tensor& x, const ArgmaxOptions& options) {
    const detail::AxisView view(op, x.shape(), *options.axis);
    if (view.length == 0)
        throw ValueError(fmt::format("{}: axis {} of {} has length 0, expected at least 1", op, view.axis, to_string(x.shape())));
    Shape shape = x.shape();
    if (options.keep_axis) shape[view.axis] = 1;
    else shape.erase(view.axis);
    Tensor out = Tensor::uninitialized(shape, Dtype::int64);
    auto* to = out.fresh_data<std::int64_t>();
    dispatch(x.dtype(), [&]<class T>(T) {
        const T* from = x.data<T>();
        if (view.inner == 1) {
            parallel_for(view.outer, std::max<std::int64_t>(1, grain / view.length), [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t m = first; m < last; ++m) to[m] = best_of_row<largest>(from + m * view.length, view.length);
            });
            return;
        }
        // Columns: the best so far of each, row after row.
        const std::int64_t unit = std::max<std::int64_t>(1, grain / (view.length * std::max<std::int64_t>(1, view.inner)));
        parallel_for(view.outer, unit, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t m = first; m < last; ++m) {
                const T* rows = from + m * view.length * view.inner;
                std::int64_t* best = to + m * view.inner;
                std::fill_n(best, view.inner, 0);
                for (std::int64_t r = 1; r < view.length; ++r)
                    for (std::int64_t k = 0; k < view.inner; ++k)
                        if (beats<largest>(rows[r * view.inner + k], rows[best[k] * view.inner + k])) best[k] = r;
            }
        });
    });
    return out;
}

template <bool largest>
Tensor arg_extremum(const char* op, const Tensor& x, const ArgmaxOptions& options) {
    if (!options.axis) {
        const Tensor place = arg_extremum<largest>(op, reshape(x, {x.size()}), {.axis = 0});
        Shape ones;
        for (int axis = 0; axis < x.rank(); ++axis) ones.push_back(1);
        return options.keep_axis ? reshape(place, ones) : place;
    }
    return detail::traced(op, [=](const Tensor& in) { return compute<largest>(op, in, options); }, x);
}

}  // namespace

Tensor argmax(const Tensor& x, const ArgmaxOptions& options) { return arg_extremum<true>("argmax", x, options); }
Tensor argmin(const Tensor& x, const ArgmaxOptions& options) { return arg_extremum<false>("argmin", x, options); }

}  // namespace cotangent
