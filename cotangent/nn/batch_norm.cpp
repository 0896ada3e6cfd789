// Each channel is a piece of work of its own: its planes are read twice forward (sums, then the result) and twice backward.
#include "cotangent/nn/batch_norm.hpp"

#include <cmath>

#include "cotangent/tensor/bfloat16_lanes.hpp"
#include "cotangent/tensor/composed.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Planes {
    std::int64_t images, channels, pixels;
    [[nodiscard]] std::int64_t at(std::int64_t image, std::int64_t channel) const { return (image * channels + channel) * pixels; }
    [[nodiscard]] std::int64_t count() const { return images * pixels; }
};

Planes planes_of(const Tensor& x) {
    return {x.shape()[0], x.shape()[1], x.rank() == 4 ? x.shape()[2] * x.shape()[3] : 1};
}

template <class T>
double total(Lanes<T> lanes) {
    double sum = 0;
    for (int i = 0; i < Lanes<T>::count; ++i) sum += static_cast<double>(lanes.v[i]);
    return sum;
}

/// The sums over a plane of two functions of its elements; lanes within a plane, double across planes. T is computed with,
/// whatever the elements are.
template <class T, class F>
void add_plane(std::int64_t pixels, double& first, double& second, F&& f) {
    Lanes<T> a(0), b(0);
    std::int64_t k = 0;
    for (; k + Lanes<T>::count <= pixels; k += Lanes<T>::count) f([&](const auto* p) { return load_lanes(p + k); }, a, b);
    for (; k < pixels; ++k) {
        Lanes<T> u(0), v(0);
        f([&](const auto* p) { return repeat_lanes(p[k]); }, u, v);
        first += static_cast<double>(u.v[0]);
        second += static_cast<double>(v.v[0]);
    }
    first += total(a);
    second += total(b);
}

template <class T, class In>
void statistics_of(const In* x, const Planes& planes, std::int64_t channel, double& mean, double& variance) {
    // Shifted by one of the values, so that a large mean does not swallow the variance.
    const T shift = static_cast<T>(x[planes.at(0, channel)]);
    double sum = 0, squares = 0;
    for (std::int64_t image = 0; image < planes.images; ++image) {
        const In* plane = x + planes.at(image, channel);
        add_plane<T>(planes.pixels, sum, squares, [&](auto load, auto& a, auto& b) {
            const Lanes<T> d = load(plane) - shift;
            a += d;
            b += d * d;
        });
    }
    const auto n = static_cast<double>(planes.count());
    mean = static_cast<double>(shift) + sum / n;
    variance = std::max(0.0, squares / n - sum / n * (sum / n));
}

template <class T, class Out, class F>
void write_plane(std::int64_t pixels, Out* out, F&& f) {
    std::int64_t k = 0;
    for (; k + Lanes<T>::count <= pixels; k += Lanes<T>::count)
        store_lanes(f([&](const auto* p) { return load_lanes(p + k); }), out + k);
    for (; k < pixels; ++k) out[k] = Out(f([&](const auto* p) { return repeat_lanes(p[k]); }).v[0]);
}

/// run(number, element): what is computed with, and what x holds.
template <class Run>
void with_numbers(Dtype dtype, Run&& run) {
    if (dtype == Dtype::float32) run(float{}, float{});
    else if (dtype == Dtype::bfloat16) run(float{}, BFloat16{});
    else run(double{}, double{});
}

struct FusedBatchNorm {
    static constexpr const char* name = "batch_norm";
    static constexpr Keep keep = Keep::inputs;
    Tensor mean, scale;  // [channels]
    double epsilon;

    void vjp(const Call& call) const {
        if (detail::is_recording()) return detail::composed_vjp(call, composition(epsilon));
        auto [dx, dgain, dbias] = detail::traced_outputs<3>({"batch_norm_gradient", 12.0 * static_cast<double>(call.input(0).size())},
                                                            gradient, call.input(0), call.input(1), call.cotangent(), mean, scale);
        call.give(0, std::move(dx));
        call.give(1, std::move(dgain));
        call.give(2, std::move(dbias));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return detail::composed_jvp(call, composition(epsilon)); }

    static detail::Composition composition(double epsilon) {
        return [epsilon](std::span<const Tensor> in) {
            if (in[0].dtype() == Dtype::bfloat16)
                return std::vector{cast(composition(epsilon)(std::vector{cast(in[0], Dtype::float32), in[1], in[2]})[0], in[0].dtype())};
            const ReduceOptions over{.axes = in[0].rank() == 4 ? std::vector<int>{0, 2, 3} : std::vector<int>{0}, .keep_axes = true};
            const Tensor centred = in[0] - cotangent::mean(in[0], over);
            const Tensor normal = centred * rsqrt(cotangent::mean(square(centred), over) + epsilon);
            const auto column = [&](const Tensor& t) { return in[0].rank() == 4 ? reshape(t, {-1, 1, 1}) : t; };
            return std::vector{normal * column(in[1]) + column(in[2])};
        };
    }

private:
    static std::array<Tensor, 3> gradient(const Tensor& x, const Tensor& gain, const Tensor& g, const Tensor& mean,
                                          const Tensor& scale) {
        Tensor dx = Tensor::uninitialized(x.shape(), x.dtype());
        Tensor dgain = Tensor::uninitialized(mean.shape(), mean.dtype()), dbias = Tensor::uninitialized(mean.shape(), mean.dtype());
        with_numbers(x.dtype(), [&]<class T, class In>(T, In) {
            backward(x.data<In>(), gain.data<T>(), g.data<In>(), mean.data<T>(), scale.data<T>(), planes_of(x), dx.fresh_data<In>(),
                     dgain.fresh_data<T>(), dbias.fresh_data<T>());
        });
        return {std::move(dx), std::move(dgain), std::move(dbias)};
    }
    // With h = (x - mean) * scale: dbias = sum g, dgain = sum g h, dx = gain * scale * (g - dbias / n - h * dgain / n).
    template <class In, class T>
    static void backward(const In* x, const T* gain, const In* g, const T* mean, const T* scale, const Planes& planes, In* dx, T* dgain,
                         T* dbias) {
        parallel_pieces(planes.channels, [&](std::int64_t channel) {
            const T average = mean[channel], factor = scale[channel];
            double sum = 0, product = 0;
            for (std::int64_t image = 0; image < planes.images; ++image) {
                const In *in = x + planes.at(image, channel), *cotangent = g + planes.at(image, channel);
                add_plane<T>(planes.pixels, sum, product, [&](auto load, auto& a, auto& b) {
                    const Lanes<T> given = load(cotangent);
                    a += given;
                    b += given * ((load(in) - average) * factor);
                });
            }
            dgain[channel] = static_cast<T>(product);
            dbias[channel] = static_cast<T>(sum);
            const auto n = static_cast<double>(planes.count());
            const T mean_g = static_cast<T>(sum / n), mean_gh = static_cast<T>(product / n), outer = gain[channel] * factor;
            for (std::int64_t image = 0; image < planes.images; ++image) {
                const In *in = x + planes.at(image, channel), *cotangent = g + planes.at(image, channel);
                write_plane<T>(planes.pixels, dx + planes.at(image, channel), [&](auto load) {
                    return (load(cotangent) - mean_g - (load(in) - average) * (factor * mean_gh)) * outer;
                });
            }
        });
    }
};

void check(const Tensor& x, const Tensor& gain, const Tensor& bias) {
    if (x.rank() != 4 && x.rank() != 2)
        throw ShapeError(fmt::format("batch_norm: x has shape {}, expected [N, C, H, W] or [N, C]", to_string(x.shape())));
    const Shape channels{x.shape()[1]};
    if (gain.shape() != channels || bias.shape() != channels)
        throw ShapeError(fmt::format("batch_norm: gain and bias have shapes {} and {}, expected {} for x {}", to_string(gain.shape()),
                                     to_string(bias.shape()), to_string(channels), to_string(x.shape())));
    const Dtype wide = x.dtype() == Dtype::bfloat16 ? Dtype::float32 : x.dtype();
    if (wide != gain.dtype() || wide != bias.dtype() || !is_floating(wide))
        throw DtypeError(fmt::format("batch_norm: x, gain and bias are {}, {} and {}, expected all float32 or all float64; or "
                                     "bfloat16, float32 and float32",
                                     name(x.dtype()), name(gain.dtype()), name(bias.dtype())));
    if (x.is_empty()) throw ShapeError(fmt::format("batch_norm: x has shape {}, expected at least one element", to_string(x.shape())));
}

/// The normalised batch, 1 / deviation, mean and variance.
std::array<Tensor, 4> forward(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon) {
    const Planes planes = planes_of(x);
    const Shape channels{planes.channels};
    const Dtype wide = gain.dtype();
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype()), scale = Tensor::uninitialized(channels, wide);
    Tensor batch_mean = Tensor::uninitialized(channels, wide), batch_variance = Tensor::uninitialized(channels, wide);
    with_numbers(x.dtype(), [&]<class T, class In>(T, In) {
        const In* in = x.data<In>();
        const T *gains = gain.data<T>(), *biases = bias.data<T>();
        In* out = y.fresh_data<In>();
        T *means = batch_mean.fresh_data<T>(), *variances = batch_variance.fresh_data<T>();
        T* scales = scale.fresh_data<T>();
        parallel_pieces(planes.channels, [&](std::int64_t channel) {
            double mean = 0, variance = 0;
            statistics_of<T>(in, planes, channel, mean, variance);
            means[channel] = static_cast<T>(mean);
            variances[channel] = static_cast<T>(variance);
            scales[channel] = static_cast<T>(1 / std::sqrt(variance + epsilon));
            const T average = means[channel], factor = scales[channel] * gains[channel], offset = biases[channel];
            for (std::int64_t image = 0; image < planes.images; ++image) {
                const In* plane = in + planes.at(image, channel);
                write_plane<T>(planes.pixels, out + planes.at(image, channel), [&](auto load) { return (load(plane) - average) * factor + offset; });
            }
        });
    });
    return {std::move(y), std::move(scale), std::move(batch_mean), std::move(batch_variance)};
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon, BatchStatistics& statistics) {
    if (x.dtype() == Dtype::bfloat16 && (gain.dtype() == x.dtype() || bias.dtype() == x.dtype()))
        return batch_norm(x, cast(gain, Dtype::float32), cast(bias, Dtype::float32), epsilon, statistics);
    check(x, gain, bias);
    const auto run = [epsilon](const Tensor& in, const Tensor& g, const Tensor& b) { return forward(in, g, b, epsilon); };
    auto [y, scale, mean, variance] =
        detail::traced_outputs<4>({"batch_norm", 8.0 * static_cast<double>(x.size())}, run, x, gain, bias);
    statistics = {mean, variance};
    return record(FusedBatchNorm{mean, scale, epsilon}, std::move(y), x, gain, bias);
}

BatchNormState BatchNormState::init(std::int64_t channels) { return {zeros({channels}), ones({channels})}; }

BatchNorm BatchNorm::init(std::int64_t channels) { return {ones({channels}), zeros({channels})}; }

Tensor BatchNorm::operator()(const Tensor& x, BatchNormState& state, const Pass& pass, BatchNormOptions options) const {
    if (x.dtype() == Dtype::bfloat16 && !pass.training) {
        const BatchNorm wide{cast(gain, Dtype::float32), cast(bias, Dtype::float32)};
        return cast(wide(cast(x, Dtype::float32), state, pass, options), x.dtype());
    }
    if (pass.training) {
        BatchStatistics batch;
        Tensor y = batch_norm(x, gain, bias, options.epsilon, batch);
        const Planes planes = planes_of(x);
        const double n = static_cast<double>(planes.count()), unbiased = n > 1 ? n / (n - 1) : 1;
        const detail::PauseRecording pause;  // the state is not part of the function
        state.mean = state.mean * (1 - options.momentum) + batch.mean * options.momentum;
        state.variance = state.variance * (1 - options.momentum) + batch.variance * (options.momentum * unbiased);
        return y;
    }
    check(x, gain, bias);
    const auto column = [&](const Tensor& t) { return x.rank() == 4 ? reshape(t, {-1, 1, 1}) : t; };
    const Tensor scale = gain * rsqrt(state.variance + options.epsilon);
    return x * column(scale) + column(bias - state.mean * scale);
}

}  // namespace cotangent::nn
