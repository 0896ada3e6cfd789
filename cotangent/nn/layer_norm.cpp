// One fused pass over each row forward, two backward; see composed.hpp for the derivatives of the derivative.
#include "cotangent/nn/layer_norm.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/tensor/composed.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

using detail::Call, detail::Keep, detail::record;

constexpr std::int64_t rows_per_piece = 64;

constexpr std::int64_t sums = 4;  // of a row at once: an addition need not wait for the one before
template <class T>
using Sums = std::array<Lanes<T>, sums>;

template <class T>
T total(const Sums<T>& parts) {
    return sum_of((parts[0] + parts[1]) + (parts[2] + parts[3]));
}

/// Calls f(offset, lanes in use, which sum) along a row; the last call may use only some lanes.
template <class T, class F>
void along_row(std::int64_t n, F&& f) {
    constexpr std::int64_t lanes = Lanes<T>::count;
    std::int64_t k = 0;
    for (; k + sums * lanes <= n; k += sums * lanes)
#pragma GCC unroll 4
        for (std::size_t i = 0; i < sums; ++i) f(k + static_cast<std::int64_t>(i) * lanes, lanes, i);
    for (; k + lanes <= n; k += lanes) f(k, lanes, std::size_t{0});
    if (k < n) f(k, n - k, std::size_t{0});
}
template <class T>
Lanes<T> load(const T* from, std::int64_t count) {
    return count == Lanes<T>::count ? Lanes<T>::load(from) : Lanes<T>::load_part(from, count);
}
template <class T>
void store(Lanes<T> lanes, T* to, std::int64_t count) {
    if (count == Lanes<T>::count) lanes.store(to);
    else lanes.store_part(to, count);
}

template <class T>
void forward(const T* x, const T* gain, const T* bias, T* y, T* mean, T* scale, std::int64_t rows, std::int64_t n, T epsilon) {
    parallel_for(rows, rows_per_piece, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t r = first; r < last; ++r) {
            const T* in = x + r * n;
            Sums<T> sum{}, squares{}, left{};
            along_row<T>(n, [&](auto k, auto count, auto i) { sum[i] += load(in + k, count); });
            const T average = total(sum) / static_cast<T>(n);
            along_row<T>(n, [&](auto k, auto count, auto i) {
                Lanes<T> centred = load(in + k, count) - average;
                if (count < Lanes<T>::count) centred = Lanes<T>::load_part(reinterpret_cast<const T*>(&centred), count);
                left[i] += centred;
                squares[i] += centred * centred;
            });
            // What rounding left out of the average counts when the mean is large beside the deviation.
            const T correction = total(left) / static_cast<T>(n);
            const T variance = std::max(T{}, total(squares) / static_cast<T>(n) - correction * correction);
            const T factor = 1 / std::sqrt(variance + epsilon);
            mean[r] = average + correction;
            scale[r] = factor;
            along_row<T>(n, [&](auto k, auto count, auto) {
                Lanes<T> value = (load(in + k, count) - average - correction) * factor;
                if (gain) value *= load(gain + k, count);
                if (bias) value += load(bias + k, count);
                store(value, y + r * n + k, count);
            });
        }
    });
}

// With h = (x - mean) * scale and d = g * gain: dx = scale * (d - mean(d) - h * mean(d h)); dgain = sum g h; dbias = sum g.
template <class T>
void backward(const T* x, const T* gain, const T* g, const T* mean, const T* scale, T* dx, T* dgain, T* dbias,
              std::int64_t rows, std::int64_t n) {
    const std::int64_t pieces = (rows + rows_per_piece - 1) / rows_per_piece;
    std::vector<T> partial(static_cast<std::size_t>(pieces * 2 * n), T{});
    parallel_for(rows, rows_per_piece, [&](std::int64_t first, std::int64_t last) {
        T* gain_sum = partial.data() + first / rows_per_piece * 2 * n;
        T* bias_sum = gain_sum + n;
        for (std::int64_t r = first; r < last; ++r) {
            const T *in = x + r * n, *cotangent = g + r * n;
            Sums<T> sum{}, product{};
            along_row<T>(n, [&](auto k, auto count, auto i) {
                const Lanes<T> given = load(cotangent + k, count);
                const Lanes<T> normal = (load(in + k, count) - mean[r]) * scale[r];
                store(load(gain_sum + k, count) + given * normal, gain_sum + k, count);
                store(load(bias_sum + k, count) + given, bias_sum + k, count);
                const Lanes<T> d = gain ? given * load(gain + k, count) : given;
                sum[i] += d;
                product[i] += d * normal;
            });
            const T mean_d = total(sum) / static_cast<T>(n), mean_dh = total(product) / static_cast<T>(n);
            along_row<T>(n, [&](auto k, auto count, auto) {
                const Lanes<T> normal = (load(in + k, count) - mean[r]) * scale[r];
                Lanes<T> d = load(cotangent + k, count);
                if (gain) d *= load(gain + k, count);
                store((d - mean_d - normal * mean_dh) * scale[r], dx + r * n + k, count);
            });
        }
    });
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        for (std::int64_t k = 0; k < n; ++k) {
            dgain[k] = (piece ? dgain[k] : T{}) + partial[static_cast<std::size_t>(piece * 2 * n + k)];
            dbias[k] = (piece ? dbias[k] : T{}) + partial[static_cast<std::size_t>(piece * 2 * n + n + k)];
        }
}

template <class T>
const T* data_or_null(const Tensor& tensor) {
    return tensor.is_empty() ? nullptr : tensor.data<T>();
}

struct FusedLayerNorm {
    static constexpr const char* name = "layer_norm";
    static constexpr Keep keep = Keep::inputs;
    Tensor mean, scale;  // [rows]
    double epsilon;

    void vjp(const Call& call) const {
        if (detail::is_recording()) return detail::composed_vjp(call, composition(epsilon));
        auto [dx, dgain, dbias] = detail::traced_outputs<3>({"layer_norm_gradient", 12.0 * static_cast<double>(call.input(0).size())},
                                                            gradient, call.input(0), call.input(1), call.cotangent(), mean, scale);
        call.give(0, std::move(dx));
        if (!call.input(1).is_empty()) call.give(1, std::move(dgain));
        if (!call.input(2).is_empty()) call.give(2, std::move(dbias));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return detail::composed_jvp(call, composition(epsilon)); }

    static detail::Composition composition(double epsilon) {
        return [epsilon](std::span<const Tensor> in) {
            const Tensor centred = in[0] - cotangent::mean(in[0], {.axes = {1}, .keep_axes = true});
            Tensor y = centred * rsqrt(cotangent::mean(square(centred), {.axes = {1}, .keep_axes = true}) + epsilon);
            if (!in[1].is_empty()) y = y * in[1];
            if (!in[2].is_empty()) y = y + in[2];
            return std::vector{y};
        };
    }

private:
    static std::array<Tensor, 3> gradient(const Tensor& x, const Tensor& gain, const Tensor& g, const Tensor& mean,
                                          const Tensor& scale) {
        const std::int64_t rows = x.shape()[0], n = x.shape()[1];
        Tensor dx = Tensor::uninitialized(x.shape(), x.dtype());
        Tensor dgain = zeros({n}, x.dtype()), dbias = zeros({n}, x.dtype());
        const auto run = [&]<class T>(T) {
            backward(x.data<T>(), data_or_null<T>(gain), g.data<T>(), mean.data<T>(), scale.data<T>(), dx.fresh_data<T>(),
                     dgain.fresh_data<T>(), dbias.fresh_data<T>(), rows, n);
        };
        dispatch_float(x.dtype(), run);
        return {std::move(dx), std::move(dgain), std::move(dbias)};
    }
};

/// The normalised rows, their means and 1 / deviations.
std::array<Tensor, 3> normalised(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon) {
    const std::int64_t rows = x.shape()[0], n = x.shape()[1];
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    Tensor mean = Tensor::uninitialized({rows}, x.dtype()), scale = Tensor::uninitialized({rows}, x.dtype());
    const auto run = [&]<class T>(T) {
        forward(x.data<T>(), data_or_null<T>(gain), data_or_null<T>(bias), y.fresh_data<T>(), mean.fresh_data<T>(),
                scale.fresh_data<T>(), rows, n, static_cast<T>(epsilon));
    };
    dispatch_float(x.dtype(), run);
    return {std::move(y), std::move(mean), std::move(scale)};
}

void check_parameter(const char* what, const Tensor& parameter, std::int64_t n, const Tensor& x) {
    if (!parameter.is_empty() && parameter.size() != n)
        throw ShapeError(fmt::format("layer_norm: {} has shape {}, expected {} elements for x {}", what,
                                     to_string(parameter.shape()), n, to_string(x.shape())));
    if (!parameter.is_empty() && parameter.dtype() != x.dtype())
        throw DtypeError(fmt::format("layer_norm: {} is {}, expected {} as x", what, name(parameter.dtype()), name(x.dtype())));
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, LayerNormOptions options) {
    if (x.dtype() == Dtype::bfloat16) {
        const auto widen = [](const Tensor& t) { return t.is_empty() ? t : cast(t, Dtype::float32); };
        return cast(layer_norm(widen(x), widen(gain), widen(bias), options), Dtype::bfloat16);
    }
    if (!is_floating(x.dtype()))
        throw DtypeError(fmt::format("layer_norm: x is {}, expected a floating dtype", name(x.dtype())));
    const int axis = axis_of("layer_norm", options.axis, x.rank());
    std::int64_t n = 1;
    for (int k = axis; k < x.rank(); ++k) n *= x.shape()[k];
    check_parameter("gain", gain, n, x);
    check_parameter("bias", bias, n, x);
    if (x.is_empty()) return x;
    const std::int64_t rows = x.size() / n;
    const Tensor flat = reshape(x, {rows, n});
    const Tensor flat_gain = gain.is_empty() ? gain : reshape(gain, {n}), flat_bias = bias.is_empty() ? bias : reshape(bias, {n});
    const auto run = [epsilon = options.epsilon](const Tensor& in, const Tensor& g, const Tensor& b) {
        return normalised(in, g, b, epsilon);
    };
    auto [y, mean, scale] =
        detail::traced_outputs<3>({"layer_norm", 8.0 * static_cast<double>(x.size())}, run, flat, flat_gain, flat_bias);
    return reshape(record(FusedLayerNorm{mean, scale, options.epsilon}, std::move(y), flat, flat_gain, flat_bias), x.shape());
}

LayerNorm LayerNorm::init(std::int64_t width) {
    check_sizes("layer_norm", {{"width", width}});
    return {ones({width}), zeros({width})};
}

}  // namespace cotangent::nn
