#include "cotangent/tensor/ops/softmax.hpp"

#include <algorithm>
#include <limits>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/exponential.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// x as [outer, length, inner] around an axis.
struct Slices {
    std::int64_t outer = 1, length = 1, inner = 1;
    Slices(const Shape& shape, int axis) : length(shape[axis]) {
        for (int i = 0; i < axis; ++i) outer *= shape[i];
        for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
    }
};

/// Calls f(rows of the slice as lanes): the slice is `length` steps of `step` elements. Along the last axis a slice is one
/// row; otherwise up to L::count neighbouring slices go side by side, `width` of them.
template <class T, class Row, class Columns>
void for_slices(const Slices& s, const Row& row, const Columns& columns) {
    const std::int64_t grain = std::max<std::int64_t>(1, detail::elementwise_grain / 4 / std::max<std::int64_t>(1, s.length * s.inner));
    parallel_for(s.outer, grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t o = first; o < last; ++o) {
            const std::int64_t start = o * s.length * s.inner;
            if (s.inner == 1) row(start);
            else
                for (std::int64_t i = 0; i < s.inner; i += Lanes<T>::count)
                    columns(start + i, std::min<std::int64_t>(Lanes<T>::count, s.inner - i));
        }
    });
}

/// Calls f(k, lanes loaded from each of `from`, how many count) along a row; what is beyond the row loads as `fill`.
template <class T, class F>
void along(std::int64_t length, const T* from, T fill, const F& f) {
    using L = Lanes<T>;
    std::int64_t k = 0;
    for (; k + L::count <= length; k += L::count) f(k, L::load(from + k), std::int64_t{L::count});
    if (k == length) return;
    const Mask<T> is_there{detail::lane_numbers<typename L::IntegerVector, L::count>() < static_cast<typename L::Integer>(length - k)};
    f(k, select(is_there, L::load_part(from + k, length - k), L(fill)), length - k);
}

template <class T>
void put(Lanes<T> value, T* to, std::int64_t count) {
    if (count == Lanes<T>::count) value.store(to);
    else value.store_part(to, count);
}

/// softmax, or its logarithm.
template <class T>
void softmax_kernel(bool logarithm, const Slices& s, const T* x, T* y) {
    using L = Lanes<T>;
    constexpr T lowest = -std::numeric_limits<T>::infinity();
    for_slices<T>(
        s,
        [&](std::int64_t start) {
            const T* from = x + start;
            T* to = y + start;
            if (s.length <= L::count) {  // one register holds it all
                along<T>(s.length, from, lowest, [&](std::int64_t, L v, std::int64_t count) {
                    const L shift(max_of(v)), e = exp(v - shift);
                    const T total = sum_of(e);
                    put(logarithm ? v - (shift + std::log(total)) : e * (1 / total), to, count);
                });
                return;
            }
            L top(lowest), sum(0);
            along<T>(s.length, from, lowest, [&](std::int64_t, L v, std::int64_t) { top = maximum(top, v); });
            const L shift(max_of(top));
            along<T>(s.length, from, lowest, [&](std::int64_t k, L v, std::int64_t count) {
                const L e = exp(v - shift);
                sum += e;
                if (!logarithm) put(e, to + k, count);
            });
            if (logarithm) {
                const L offset = shift + std::log(sum_of(sum));
                along<T>(s.length, from, T{}, [&](std::int64_t k, L v, std::int64_t count) { put(v - offset, to + k, count); });
            } else {
                const L scale(1 / sum_of(sum));
                along<T>(s.length, to, T{}, [&](std::int64_t k, L v, std::int64_t count) { put(v * scale, to + k, count); });
            }
        },
        [&](std::int64_t start, std::int64_t width) {
            const auto load = [&](const T* from, std::int64_t k) {
                from += start + k * s.inner;
                return width == L::count ? L::load(from) : L::load_part(from, width);
            };
            L top = load(x, 0), sum(0);
            for (std::int64_t k = 1; k < s.length; ++k) top = maximum(top, load(x, k));
            for (std::int64_t k = 0; k < s.length; ++k) {
                const L e = exp(load(x, k) - top);
                sum += e;
                if (!logarithm) put(e, y + start + k * s.inner, width);
            }
            const L offset = logarithm ? top + log(sum) : 1 / sum;
            for (std::int64_t k = 0; k < s.length; ++k)
                put(logarithm ? load(x, k) - offset : load(y, k) * offset, y + start + k * s.inner, width);
        });
}

/// y (g - sum y g) from y = softmax, or g - exp(y) sum g from y = log_softmax.
template <class T>
void gradient_kernel(bool logarithm, const Slices& s, const T* y, const T* g, T* to) {
    using L = Lanes<T>;
    for_slices<T>(
        s,
        [&](std::int64_t start) {
            L sum(0);
            const auto other = [&](const T* from, std::int64_t k, std::int64_t count) {
                return count == L::count ? L::load(from + start + k) : L::load_part(from + start + k, count);
            };
            along<T>(s.length, g + start, T{}, [&](std::int64_t k, L v, std::int64_t count) {
                if (logarithm) sum += v;
                else sum += v * other(y, k, count);
            });
            const L total(sum_of(sum));
            along<T>(s.length, g + start, T{}, [&](std::int64_t k, L v, std::int64_t count) {
                const L w = other(y, k, count);
                put(logarithm ? v - exp(w) * total : w * (v - total), to + start + k, count);
            });
        },
        [&](std::int64_t start, std::int64_t width) {
            const auto load = [&](const T* from, std::int64_t k) {
                from += start + k * s.inner;
                return width == L::count ? L::load(from) : L::load_part(from, width);
            };
            L sum(0);
            for (std::int64_t k = 0; k < s.length; ++k) sum += logarithm ? load(g, k) : load(g, k) * load(y, k);
            for (std::int64_t k = 0; k < s.length; ++k) {
                const L v = load(g, k), w = load(y, k);
                put(logarithm ? v - exp(w) * sum : w * (v - sum), to + start + k * s.inner, width);
            }
        });
}

Tensor compute(bool logarithm, const Tensor& x, int axis) {
    if (x.dtype() == Dtype::bfloat16) return detail::to_bfloat16(compute(logarithm, detail::to_float32(x), axis));
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    const Slices slices(x.shape(), axis);
    dispatch_float(x.dtype(), [&]<class T>(T) { softmax_kernel(logarithm, slices, x.data<T>(), y.fresh_data<T>()); });
    return y;
}

Tensor compute_gradient(bool logarithm, const Tensor& y, const Tensor& g, int axis) {
    if (y.dtype() == Dtype::bfloat16)
        return detail::to_bfloat16(compute_gradient(logarithm, detail::to_float32(y), detail::to_float32(g), axis));
    Tensor result = Tensor::uninitialized(y.shape(), y.dtype());
    const Slices slices(y.shape(), axis);
    dispatch_float(y.dtype(), [&]<class T>(T) {
        gradient_kernel(logarithm, slices, y.data<T>(), g.data<T>(), result.fresh_data<T>());
    });
    return result;
}

Tensor softmax_gradient(const Tensor& y, const Tensor& g, int axis);
Tensor log_softmax_gradient(const Tensor& y, const Tensor& g, int axis);

Tensor sum_over(const Tensor& x, int axis) { return sum(x, {.axes = {axis}, .keep_axes = true}); }

// dy = y (dx - sum y dx): the Jacobian is symmetric.
struct Softmax {
    static constexpr const char* name = "softmax";
    static constexpr Keep keep = Keep::output;
    int axis;
    void vjp(const Call& call) const { call.give(0, softmax_gradient(call.output(), call.cotangent(), axis)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return softmax_gradient(call.output(), call.tangent(0), axis); }
};

// s(y, g) = y (g - sum y g), linear in g with a symmetric matrix.
struct SoftmaxGradient {
    static constexpr const char* name = "softmax_gradient";
    static constexpr Keep keep = Keep::inputs;
    int axis;
    void vjp(const Call& call) const {
        const Tensor &y = call.input(0), &g = call.input(1), &c = call.cotangent();
        if (call.wants(0)) call.give(0, c * (g - sum_over(y * g, axis)) - g * sum_over(y * c, axis));
        if (call.wants(1)) call.give(1, softmax_gradient(y, c, axis));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        const Tensor &y = call.input(0), &g = call.input(1);
        if (!call.has_tangent(0)) return softmax_gradient(y, call.tangent(1), axis);
        const Tensor t = call.tangent(0);
        const Tensor from_y = t * (g - sum_over(y * g, axis)) - y * sum_over(t * g, axis);
        return call.has_tangent(1) ? from_y + softmax_gradient(y, call.tangent(1), axis) : from_y;
    }
};

// dy = dx - sum exp(y) dx; the transpose is g - exp(y) sum g.
struct LogSoftmax {
    static constexpr const char* name = "log_softmax";
    static constexpr Keep keep = Keep::output;
    int axis;
    void vjp(const Call& call) const { call.give(0, log_softmax_gradient(call.output(), call.cotangent(), axis)); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return call.tangent(0) - sum_over(exp(call.output()) * call.tangent(0), axis);
    }
};

// l(y, g) = g - exp(y) sum g
struct LogSoftmaxGradient {
    static constexpr const char* name = "log_softmax_gradient";
    static constexpr Keep keep = Keep::inputs;
    int axis;
    void vjp(const Call& call) const {
        const Tensor p = exp(call.input(0)), &c = call.cotangent();
        if (call.wants(0)) call.give(0, -(c * p * sum_over(call.input(1), axis)));
        if (call.wants(1)) call.give(1, c - sum_over(p * c, axis));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        const Tensor& y = call.input(0);
        if (!call.has_tangent(0)) return log_softmax_gradient(y, call.tangent(1), axis);
        const Tensor from_y = -(exp(y) * call.tangent(0) * sum_over(call.input(1), axis));
        return call.has_tangent(1) ? from_y + log_softmax_gradient(y, call.tangent(1), axis) : from_y;
    }
};

template <bool logarithm>
struct Forward {
    int axis;
    Tensor operator()(const Tensor& x) const { return compute(logarithm, x, axis); }
    [[nodiscard]] std::vector<std::int64_t> parameters() const { return {axis}; }
};

template <bool logarithm>
struct Backward {
    int axis;
    Tensor operator()(const Tensor& y, const Tensor& g) const { return compute_gradient(logarithm, y, g, axis); }
    [[nodiscard]] std::vector<std::int64_t> parameters() const { return {axis}; }
};

Tensor traced_gradient(bool logarithm, const Tensor& y, const Tensor& g, int axis) {
    const double flops = 4.0 * static_cast<double>(y.size());
    return logarithm ? detail::traced({"log_softmax_gradient", flops}, Backward<true>{axis}, y, g)
                     : detail::traced({"softmax_gradient", flops}, Backward<false>{axis}, y, g);
}

Tensor traced_softmax(bool logarithm, const Tensor& x, int axis) {
    const double flops = 5.0 * static_cast<double>(x.size());
    return logarithm ? detail::traced({"log_softmax", flops}, Forward<true>{axis}, x)
                     : detail::traced({"softmax", flops}, Forward<false>{axis}, x);
}

Tensor softmax_gradient(const Tensor& y, const Tensor& g, int axis) {
    return record(SoftmaxGradient{axis}, traced_gradient(false, y, g, axis), y, g);
}

Tensor log_softmax_gradient(const Tensor& y, const Tensor& g, int axis) {
    return record(LogSoftmaxGradient{axis}, traced_gradient(true, y, g, axis), y, g);
}

int checked_axis(const char* op, const Tensor& x, int axis) {
    if (!is_floating(x.dtype())) detail::throw_dtype(op, x.dtype(), "a floating dtype");
    const int at = axis_of(op, axis, x.rank());
    if (x.shape()[at] == 0)
        throw ShapeError(fmt::format("{}: axis {} of x {} has length 0, expected at least 1", op, axis, to_string(x.shape())));
    return at;
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) {
    const int at = checked_axis("softmax", x, axis);
    return record(Softmax{at}, traced_softmax(false, x, at), x);
}

Tensor log_softmax(const Tensor& x, int axis) {
    const int at = checked_axis("log_softmax", x, axis);
    return record(LogSoftmax{at}, traced_softmax(true, x, at), x);
}

}  // namespace cotangent
