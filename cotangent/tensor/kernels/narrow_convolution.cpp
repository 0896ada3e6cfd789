// float32 convolutions with few channels on the result's side, where oneDNN's blocks of 16 channels run mostly empty. Lanes
// go along a row of pixels instead, and a register tile holds every channel of four such vectors. On Zen 4, one core,
// GFLOP/s before and after: LeNet-5's first layer 28 -> 90, its second to images 42 -> 54, its first to kernel 38 -> 60;
// ResNet-20's 16 channels of 32 x 32 pixels 75 -> 95, its first layer 64 -> 95.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

using L = Lanes<float>;
constexpr std::int64_t lanes = L::count;
constexpr double piece_flops = 2e6;

// The purpose of a workspace.
struct PaddedPlanes;

std::int64_t images_per_piece(const ConvolutionProblem& p) {
    return static_cast<std::int64_t>(piece_flops / std::max(p.flops_per_image(), 1.0)) + 1;
}

bool is_plain(const ConvolutionProblem& p) {
    return p.groups == 1 && p.stride == std::array<std::int64_t, 2>{1, 1} && p.dilation == std::array<std::int64_t, 2>{1, 1};
}

/// Planes with room for zeros around them, and to the right for whole registers.
struct Padded {
    std::int64_t planes, height, width;      // of the source
    std::int64_t top, left;                  // where it lies
    std::int64_t padded_height, padded_width;

    Padded(std::int64_t planes_, std::int64_t height_, std::int64_t width_, std::int64_t top_, std::int64_t left_, std::int64_t result_height,
           std::int64_t result_width, std::int64_t kernel_height, std::int64_t kernel_width)
        : planes(planes_), height(height_), width(width_), top(top_), left(left_), padded_height(result_height + kernel_height - 1),
          padded_width((result_width + lanes - 1) / lanes * lanes + kernel_width - 1) {}
    [[nodiscard]] std::int64_t plane_size() const { return padded_height * padded_width; }
    [[nodiscard]] float* clear() const {
        const auto count = planes * plane_size();
        auto* to = static_cast<float*>(workspace<PaddedPlanes>().reserve(static_cast<std::size_t>(count) * sizeof(float)));
        std::fill_n(to, count, 0.0f);
        return to;
    }
    /// The zeros around stay.
    void fill(const float* from, float* to) const {
        for (std::int64_t plane = 0; plane < planes; ++plane)
            for (std::int64_t row = 0; row < height; ++row, from += width)
                std::copy_n(from, width, to + plane * plane_size() + (top + row) * padded_width + left);
    }
};

/// result[r, i, j] = sum_{s, u, v} padded[s, i + u, j + v] kernel[s, u, v, r] for all `channels` r.
template <int channels>
void correlate(const Padded& source, const float* padded, const float* kernel, std::int64_t kernel_height, std::int64_t kernel_width,
               std::int64_t height, std::int64_t width, float* result) {
    constexpr int vectors = channels <= 6 ? 4 : 3;
    const std::int64_t across = (width + lanes - 1) / lanes, count = height * across;
    for (std::int64_t first = 0; first < count; first += vectors) {
        std::array<const float*, vectors> at;
        for (int v = 0; v < vectors; ++v) {
            const std::int64_t vector = std::min(first + v, count - 1);
            at[v] = padded + vector / across * source.padded_width + vector % across * lanes;
        }
        L sum[channels][vectors];
#pragma GCC unroll 8
        for (int r = 0; r < channels; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) sum[r][v] = L(0);
        // The kernel's rows that meet a row of the source, not only zeros.
        const std::int64_t highest = std::min(first + vectors, count) - 1;
        const std::int64_t u_first = std::max<std::int64_t>(0, source.top - highest / across);
        const std::int64_t u_last = std::min(kernel_height, source.top + source.height - first / across);
        for (std::int64_t s = 0; s < source.planes; ++s)
            for (std::int64_t u = u_first; u < u_last; ++u) {
                const float* weight = kernel + (s * kernel_height + u) * kernel_width * channels;
                const std::int64_t line = s * source.plane_size() + u * source.padded_width;
                for (std::int64_t x = 0; x < kernel_width; ++x, weight += channels) {
                    L pixels[vectors];
#pragma GCC unroll 4
                    for (int v = 0; v < vectors; ++v) pixels[v] = L::load(at[v] + line + x);
#pragma GCC unroll 8
                    for (int r = 0; r < channels; ++r) {
                        const L w(weight[r]);
#pragma GCC unroll 4
                        for (int v = 0; v < vectors; ++v) sum[r][v] += w * pixels[v];
                    }
                }
            }
        for (int v = 0; v < vectors && first + v < count; ++v) {
            const std::int64_t row = (first + v) / across, column = (first + v) % across * lanes;
            const std::int64_t here = std::min(lanes, width - column);
            for (int r = 0; r < channels; ++r) sum[r][v].store_part(result + (r * height + row) * width + column, here);
        }
    }
}

constexpr int block_channels = 8;  // that a register tile holds

template <class F>
void with_channels(std::int64_t channels, const F& f) {
    [&]<int... c>(std::integer_sequence<int, c...>) {
        ((channels == c + 1 ? f(std::integral_constant<int, c + 1>{}) : void()), ...);
    }(std::make_integer_sequence<int, block_channels>{});
}

/// The result's channels in blocks of nearly one size.
struct Blocks {
    std::int64_t channels, count;
    explicit Blocks(std::int64_t channels_) : channels(channels_), count((channels_ + block_channels - 1) / block_channels) {}
    [[nodiscard]] std::int64_t first(std::int64_t block) const { return channels * block / count; }
    [[nodiscard]] std::int64_t size(std::int64_t block) const { return first(block + 1) - first(block); }
};

/// Block by block [tap, channel] from at(channel, tap).
template <class At>
std::vector<float> packed_kernel(const Blocks& blocks, std::int64_t taps, const At& at) {
    std::vector<float> packed;
    packed.reserve(static_cast<std::size_t>(blocks.channels * taps));
    for (std::int64_t block = 0; block < blocks.count; ++block)
        for (std::int64_t tap = 0; tap < taps; ++tap)
            for (std::int64_t r = blocks.first(block); r < blocks.first(block + 1); ++r) packed.push_back(at(r, tap));
    return packed;
}

/// Correlates a batch: `from` in the layout of `source`, `to` of blocks.channels planes of height x width.
void correlate_batch(const ConvolutionProblem& p, const Padded& source, const Blocks& blocks, const std::vector<float>& packed,
                     std::int64_t height, std::int64_t width, const float* from, float* to) {
    const std::int64_t from_size = source.planes * source.height * source.width, to_size = blocks.channels * height * width;
    const std::int64_t taps = source.planes * p.kernel_height * p.kernel_width;
    parallel_for(p.batch, images_per_piece(p), [&](std::int64_t first, std::int64_t last) {
        float* padded = source.clear();
        for (std::int64_t n = first; n < last; ++n) {
            source.fill(from + n * from_size, padded);
            for (std::int64_t block = 0; block < blocks.count; ++block)
                with_channels(blocks.size(block), [&](auto channels) {
                    correlate<channels>(source, padded, packed.data() + blocks.first(block) * taps, p.kernel_height, p.kernel_width, height,
                                        width, to + n * to_size + blocks.first(block) * height * width);
                });
        }
    });
}

/// gradient[o, u, v] += sum_{i, j} g[o, i, j] padded[i + u, j + v] for `outputs` o, one channel and one row u; the sums
/// over lanes are left for later.
template <int outputs, int kernel_width>
void correlate_rows(const Padded& source, const float* padded, std::int64_t u, const float* g, std::int64_t height, std::int64_t width,
                    L* result, std::int64_t result_step) {
    L sum[outputs][kernel_width];
#pragma GCC unroll 8
    for (int o = 0; o < outputs; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < kernel_width; ++v) sum[o][v] = result[o * result_step + v];
    for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = 0; j < width; j += lanes) {
            const std::int64_t here = std::min(lanes, width - j);
            const float* pixels = padded + (i + u) * source.padded_width + j;
            L factor[outputs];
#pragma GCC unroll 8
            for (int o = 0; o < outputs; ++o) factor[o] = L::load_part(g + (o * height + i) * width + j, here);
#pragma GCC unroll 8
            for (int v = 0; v < kernel_width; ++v) {
                const L x = L::load(pixels + v);
#pragma GCC unroll 8
                for (int o = 0; o < outputs; ++o) sum[o][v] += factor[o] * x;
            }
        }
#pragma GCC unroll 8
    for (int o = 0; o < outputs; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < kernel_width; ++v) result[o * result_step + v] = sum[o][v];
}

}  // namespace

/// Few channels, or twice as many where lanes go evenly into a row.
bool is_narrow(const ConvolutionProblem& p) {
    if (!is_plain(p)) return false;
    return p.outputs <= block_channels ? p.out_width >= 8
                                       : p.outputs <= 2 * block_channels && p.out_width % lanes == 0 && p.out_width >= 2 * lanes;
}

bool is_narrow_to_images(const ConvolutionProblem& p) {
    return is_plain(p) && p.channels <= block_channels && p.width >= 8 && p.pad_before[0] < p.kernel_height && p.pad_after[0] < p.kernel_height &&
           p.pad_before[1] < p.kernel_width && p.pad_after[1] < p.kernel_width;
}

bool is_narrow_to_kernel(const ConvolutionProblem& p) {
    return is_plain(p) && p.channels <= 2 && p.out_width >= 12 && (p.kernel_width == 3 || p.kernel_width == 5);
}

void narrow_convolution(const ConvolutionProblem& p, const float* images, const float* kernel, float* out) {
    const Blocks blocks(p.outputs);
    const auto packed = packed_kernel(blocks, p.patch_size(), [&](std::int64_t o, std::int64_t tap) { return kernel[o * p.patch_size() + tap]; });
    const Padded source(p.channels, p.height, p.width, p.pad_before[0], p.pad_before[1], p.out_height, p.out_width, p.kernel_height, p.kernel_width);
    correlate_batch(p, source, blocks, packed, p.out_height, p.out_width, images, out);
}

// The transpose of a correlation is one with the kernel turned by 180 degrees.
void narrow_convolution_to_images(const ConvolutionProblem& p, const float* out, const float* kernel, float* images) {
    const Blocks blocks(p.channels);
    const std::int64_t area = p.kernel_height * p.kernel_width;
    const auto packed = packed_kernel(blocks, p.outputs * area, [&](std::int64_t c, std::int64_t tap) {
        return kernel[(tap / area * p.channels + c) * area + area - 1 - tap % area];
    });
    const Padded source(p.outputs, p.out_height, p.out_width, p.kernel_height - 1 - p.pad_before[0], p.kernel_width - 1 - p.pad_before[1],
                        p.height, p.width, p.kernel_height, p.kernel_width);
    correlate_batch(p, source, blocks, packed, p.height, p.width, out, images);
}

void narrow_convolution_to_kernel(const ConvolutionProblem& p, const float* images, const float* out, float* kernel) {
    const std::int64_t grain = std::max(images_per_piece(p), (p.batch + 7) / 8);  // at most 8 partial sums
    const std::int64_t pieces = (p.batch + grain - 1) / grain, plane = p.out_height * p.out_width;
    const Padded source(p.channels, p.height, p.width, p.pad_before[0], p.pad_before[1], p.out_height, p.out_width, p.kernel_height, p.kernel_width);
    std::vector<L> partial(static_cast<std::size_t>(pieces * p.kernel_size()), L(0));
    cotangent::parallel_pieces(pieces, [&](std::int64_t piece) {
        float* padded = source.clear();
        L* sum = partial.data() + piece * p.kernel_size();
        for (std::int64_t n = piece * grain; n < std::min(p.batch, (piece + 1) * grain); ++n) {
            source.fill(images + n * p.image_size(), padded);
            for (std::int64_t c = 0; c < p.channels; ++c)
                for (std::int64_t u = 0; u < p.kernel_height; ++u) {
                    const auto rows = [&]<int outputs>(std::int64_t o) {
                        const float* g = out + n * p.out_size() + o * plane;
                        const float* channel = padded + c * source.plane_size();
                        L* to = sum + o * p.patch_size() + (c * p.kernel_height + u) * p.kernel_width;
                        if (p.kernel_width == 3) correlate_rows<outputs, 3>(source, channel, u, g, p.out_height, p.out_width, to, p.patch_size());
                        else correlate_rows<outputs, 5>(source, channel, u, g, p.out_height, p.out_width, to, p.patch_size());
                    };
                    std::int64_t o = 0;
                    for (; o + 4 <= p.outputs && o + 6 != p.outputs; o += 4) rows.template operator()<4>(o);
                    for (; o + 3 <= p.outputs; o += 3) rows.template operator()<3>(o);
                    for (; o < p.outputs; ++o) rows.template operator()<1>(o);
                }
        }
    });
    std::fill_n(kernel, p.kernel_size(), 0.0f);
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        for (std::int64_t i = 0; i < p.kernel_size(); ++i) for (int k = 0; k < lanes; ++k) kernel[i] += partial[piece * p.kernel_size() + i].v[k];
}

}  // namespace cotangent::detail
