#pragma once
// Batch norm of images whose channels lie in blocks (tensor/kernels/image_blocks.hpp): a register holds one pixel of several
// channels, so that all sums run side by side. In float32; sums over more than some pixels in double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "cotangent/nn/detail/batch_norm_planes.hpp"
#include "cotangent/tensor/bfloat16_lanes.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::nn {

using FloatLanes = Lanes<float>;

struct BlockedImages {
    std::int64_t images, channels, pixels, block;

    /// Whether registers are filled.
    [[nodiscard]] static bool can_be(std::int64_t block) { return block % FloatLanes::count == 0; }
};

/// Calls visit(element, pixels, channel) for runs of one register's channels in some pixels that follow each other, `block`
/// elements apart, of the images [first, last).
template <class Visit>
void for_runs(const BlockedImages& x, std::int64_t first, std::int64_t last, Visit&& visit) {
    constexpr std::int64_t most_pixels = 64;
    for (std::int64_t image = first; image < last; ++image)
        for (std::int64_t channel = 0; channel < x.channels; channel += x.block)
            for (std::int64_t pixel = 0; pixel < x.pixels; pixel += most_pixels)
                for (std::int64_t k = 0; k < x.block; k += FloatLanes::count)
                    visit((image * x.channels + channel) * x.pixels + pixel * x.block + k,
                          std::min(most_pixels, x.pixels - pixel), channel + k);
}

/// The images that one piece of work has: the same for any number of threads.
[[nodiscard]] inline std::int64_t images_per_piece(const BlockedImages& x) { return (x.images + 15) / 16; }

/// [2][channels]: sums over images and pixels of two functions of the elements. add(channel) gives a function of an
/// element's place that adds both to its other arguments.
template <class Add>
std::vector<double> channel_sums(const BlockedImages& x, Add&& add) {
    const std::int64_t grain = images_per_piece(x), pieces = (x.images + grain - 1) / grain;
    const auto columns = static_cast<std::size_t>(2 * x.channels);
    std::vector<double> partial(static_cast<std::size_t>(pieces) * columns);
    parallel_for(x.images, grain, [&](std::int64_t first, std::int64_t last) {
        double* sums = partial.data() + static_cast<std::size_t>(first / grain) * columns;
        for_runs(x, first, last, [&](std::int64_t element, std::int64_t pixels, std::int64_t channel) {
            const auto add_here = add(channel);
            FloatLanes a(0), b(0), c(0), d(0);
            std::int64_t k = 0;
            for (; k + 2 <= pixels; k += 2, element += 2 * x.block) {
                add_here(element, a, b);
                add_here(element + x.block, c, d);
            }
            if (k < pixels) add_here(element, a, b);
            a += c;
            b += d;
            for (int i = 0; i < FloatLanes::count; ++i) {
                sums[channel + i] += static_cast<double>(a.v[i]);
                sums[x.channels + channel + i] += static_cast<double>(b.v[i]);
            }
        });
    });
    std::vector<double> result(columns);
    for (std::size_t k = 0; k < partial.size(); ++k) result[k % columns] += partial[k];
    return result;
}

/// write(channel) gives a function of an element's place that computes the elements there.
template <class Out, class Write>
void write_elements(const BlockedImages& x, Out* out, Write&& write) {
    parallel_for(x.images, images_per_piece(x), [&](std::int64_t first, std::int64_t last) {
        for_runs(x, first, last, [&](std::int64_t element, std::int64_t pixels, std::int64_t channel) {
            const auto write_here = write(channel);
            for (std::int64_t k = 0; k < pixels; ++k, element += x.block) store_lanes(write_here(element), out + element);
        });
    });
}

template <class In>
void statistics_of_blocks(const BlockedImages& planes, const In* x, const float* gain, double epsilon,
                          const Statistics<float>& to) {
    // Shifted by one of the values, so that a large mean does not swallow the variance.
    std::vector<float> shift(static_cast<std::size_t>(planes.channels));
    for (std::int64_t c = 0; c < planes.channels; ++c)
        shift[static_cast<std::size_t>(c)] =
            static_cast<float>(x[c / planes.block * planes.block * planes.pixels + c % planes.block]);
    const std::vector<double> sums = channel_sums(planes, [&](std::int64_t channel) {
        return [x, from = FloatLanes::load(shift.data() + channel)](std::int64_t element, FloatLanes& a, FloatLanes& b) {
            const FloatLanes d = load_lanes(x + element) - from;
            a += d;
            b += d * d;
        };
    });
    const auto n = static_cast<double>(planes.images * planes.pixels);
    for (std::size_t c = 0; c < shift.size(); ++c) {
        const double average = sums[c] / n, squares = std::max(0.0, sums[shift.size() + c] / n - average * average);
        to.mean[c] = static_cast<float>(static_cast<double>(shift[c]) + average);
        to.variance[c] = static_cast<float>(squares);
        to.scale[c] = static_cast<float>(1 / std::sqrt(squares + epsilon));
        to.factor[c] = to.scale[c] * gain[c];
    }
}

template <class In>
void batch_norm_of_blocks(const BlockedImages& planes, const In* x, const float* gain, const float* bias, double epsilon,
                          In* y, const Statistics<float>& to) {
    statistics_of_blocks(planes, x, gain, epsilon, to);
    write_elements(planes, y, [&](std::int64_t channel) {
        return
            [x, m = FloatLanes::load(to.mean + channel), f = FloatLanes::load(to.factor + channel),
             o = FloatLanes::load(bias + channel)](std::int64_t element) { return (load_lanes(x + element) - m) * f + o; };
    });
}

template <class In>
void gradient_sums_of_blocks(const BlockedImages& planes, const In* x, const float* gain, const In* g, const float* mean,
                             const float* scale, const GradientSums<float>& to) {
    const std::vector<double> sums = channel_sums(planes, [&](std::int64_t channel) {
        return [x, g, m = FloatLanes::load(mean + channel), s = FloatLanes::load(scale + channel)](
                   std::int64_t element, FloatLanes& a, FloatLanes& b) {
            const FloatLanes given = load_lanes(g + element);
            a += given;
            b += given * ((load_lanes(x + element) - m) * s);
        };
    });
    const auto channels = static_cast<std::size_t>(planes.channels);
    for (std::size_t c = 0; c < channels; ++c)
        to.set(static_cast<std::int64_t>(c), sums[c], sums[channels + c], static_cast<double>(planes.images * planes.pixels),
               gain, scale);
}

template <class In>
void batch_norm_gradient_of_blocks(const BlockedImages& planes, const In* x, const float* gain, const In* g,
                                   const float* mean, const float* scale, In* dx, const GradientSums<float>& to) {
    gradient_sums_of_blocks(planes, x, gain, g, mean, scale, to);
    write_elements(planes, dx, [&](std::int64_t channel) {
        return [x, g, m = FloatLanes::load(mean + channel), u = FloatLanes::load(to.mean_g + channel),
                f = FloatLanes::load(to.slope + channel), o = FloatLanes::load(to.outer + channel)](std::int64_t element) {
            return (load_lanes(g + element) - u - (load_lanes(x + element) - m) * f) * o;
        };
    });
}

}  // namespace cotangent::nn
