#pragma once
// Batch norm of row-major images. Each channel is a piece of work of its own: its planes are read twice forward (sums, then
// the result) and twice backward.
#include <algorithm>
#include <cmath>

#include "cotangent/tensor/bfloat16_lanes.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::nn {

struct Planes {
    std::int64_t images, channels, pixels;
    [[nodiscard]] std::int64_t at(std::int64_t image, std::int64_t channel) const {
        return (image * channels + channel) * pixels;
    }
    [[nodiscard]] std::int64_t count() const { return images * pixels; }
};

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

/// Of a channel: 1 / deviation, mean, variance, and gain / deviation, where the arrays [channels] have it.
template <class T>
struct Statistics {
    T *scale, *mean, *variance, *factor;

    template <class In>
    void of(const Planes& planes, const In* x, const T* gain, double epsilon, std::int64_t channel) const {
        double average = 0, squares = 0;
        statistics_of<T>(x, planes, channel, average, squares);
        mean[channel] = static_cast<T>(average);
        variance[channel] = static_cast<T>(squares);
        scale[channel] = static_cast<T>(1 / std::sqrt(squares + epsilon));
        factor[channel] = scale[channel] * gain[channel];
    }
};

/// The statistics, and (x - mean) * factor + bias.
template <class In, class T>
void batch_norm_of_planes(const Planes& planes, const In* x, const T* gain, const T* bias, double epsilon, In* y,
                          const Statistics<T>& to) {
    parallel_pieces(planes.channels, [&](std::int64_t channel) {
        to.of(planes, x, gain, epsilon, channel);
        const T m = to.mean[channel], factor = to.factor[channel], offset = bias[channel];
        for (std::int64_t image = 0; image < planes.images; ++image) {
            const In* plane = x + planes.at(image, channel);
            write_plane<T>(planes.pixels, y + planes.at(image, channel),
                           [&](auto load) { return (load(plane) - m) * factor + offset; });
        }
    });
}

template <class In, class T>
void statistics_of_planes(const Planes& planes, const In* x, const T* gain, double epsilon, const Statistics<T>& to) {
    parallel_pieces(planes.channels, [&](std::int64_t channel) { to.of(planes, x, gain, epsilon, channel); });
}

/// Of a channel, where the arrays [channels] have it: the derivatives by gain and bias, and what the one by x is made of,
///     dx = (g - mean_g - (x - mean) * slope) * outer
/// With h = (x - mean) * scale: dbias = sum g, dgain = sum g h, dx = gain * scale * (g - dbias / n - h * dgain / n).
template <class T>
struct GradientSums {
    T *dgain, *dbias, *mean_g, *slope, *outer;

    template <class In>
    void of(const Planes& planes, const In* x, const T* gain, const In* g, const T* mean, const T* scale,
            std::int64_t channel) const {
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
        set(channel, sum, product, static_cast<double>(planes.count()), gain, scale);
    }
    void set(std::int64_t channel, double sum, double product, double n, const T* gain, const T* scale) const {
        dgain[channel] = static_cast<T>(product);
        dbias[channel] = static_cast<T>(sum);
        mean_g[channel] = static_cast<T>(sum / n);
        slope[channel] = scale[channel] * static_cast<T>(product / n);
        outer[channel] = gain[channel] * scale[channel];
    }
};

template <class In, class T>
void batch_norm_gradient_of_planes(const Planes& planes, const In* x, const T* gain, const In* g, const T* mean,
                                   const T* scale, In* dx, const GradientSums<T>& to) {
    parallel_pieces(planes.channels, [&](std::int64_t channel) {
        to.of(planes, x, gain, g, mean, scale, channel);
        const T average = mean[channel], mean_g = to.mean_g[channel], slope = to.slope[channel], outer = to.outer[channel];
        for (std::int64_t image = 0; image < planes.images; ++image) {
            const In *in = x + planes.at(image, channel), *cotangent = g + planes.at(image, channel);
            write_plane<T>(planes.pixels, dx + planes.at(image, channel),
                           [&](auto load) { return (load(cotangent) - mean_g - (load(in) - average) * slope) * outer; });
        }
    });
}

template <class In, class T>
void gradient_sums_of_planes(const Planes& planes, const In* x, const T* gain, const In* g, const T* mean, const T* scale,
                             const GradientSums<T>& to) {
    parallel_pieces(planes.channels, [&](std::int64_t channel) { to.of(planes, x, gain, g, mean, scale, channel); });
}

}  // namespace cotangent::nn
