#include "cotangent/tensor/kernels/convolution.hpp"

#include <algorithm>
#include <cstring>

#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

struct KernelSlice;  // the purpose of a workspace

bool is_row_major(const ConvolutionProblem& p) { return p.image_block == 1 && p.out_block == 1; }

void run(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* kernel, void* out) {
    if (dtype == Dtype::float64)
        return patch_convolution(p, static_cast<const double*>(images), static_cast<const double*>(kernel), static_cast<double*>(out));
    if (dtype == Dtype::float32 && is_row_major(p) && is_narrow(p))
        return narrow_convolution(p, static_cast<const float*>(images), static_cast<const float*>(kernel), static_cast<float*>(out));
    blocked_convolution(dtype, p, images, kernel, out);
}

void run_to_images(Dtype dtype, const ConvolutionProblem& p, const void* out, const void* kernel, void* images) {
    if (dtype == Dtype::float64)
        return patch_convolution_to_images(p, static_cast<const double*>(out), static_cast<const double*>(kernel), static_cast<double*>(images));
    if (dtype == Dtype::float32 && is_row_major(p) && is_narrow_to_images(p))
        return narrow_convolution_to_images(p, static_cast<const float*>(out), static_cast<const float*>(kernel), static_cast<float*>(images));
    blocked_convolution_to_images(dtype, p, out, kernel, images);
}

void run_to_kernel(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* out, void* kernel) {
    if (dtype == Dtype::float64)
        return patch_convolution_to_kernel(p, static_cast<const double*>(images), static_cast<const double*>(out), static_cast<double*>(kernel));
    if (dtype == Dtype::float32 && is_row_major(p) && is_narrow_to_kernel(p))
        return narrow_convolution_to_kernel(p, static_cast<const float*>(images), static_cast<const float*>(out), static_cast<float*>(kernel));
    blocked_convolution_to_kernel(dtype, p, images, out, kernel);
}

/// A large batch is shared by its images. Of a small one each image's result is cut by channels as well.
struct Cut {
    std::int64_t channels, parts;
    Cut(const ConvolutionProblem& p, std::int64_t channels_) : channels(channels_), parts(1) {
        constexpr std::int64_t enough_pieces = 8, fewest_channels = 32;  // fewer leave blocks half empty
        constexpr double piece_flops = 4e6;  // some 50 us: a piece reads the whole image again
        if (p.groups != 1 || p.batch < 1 || !is_row_major(p)) return;
        const auto worth = static_cast<std::int64_t>(p.flops_per_image() / piece_flops);
        parts = std::max<std::int64_t>(1, std::min({enough_pieces / p.batch, channels / fewest_channels, worth}));
    }
    [[nodiscard]] std::int64_t first(std::int64_t part) const { return part == parts ? channels : channels * part / parts / 8 * 8; }
    [[nodiscard]] std::int64_t size(std::int64_t part) const { return first(part + 1) - first(part); }
};

const std::byte* at(const void* data, std::int64_t element, Dtype dtype) {
    return static_cast<const std::byte*>(data) + element * static_cast<std::int64_t>(size_of(dtype));
}
std::byte* at(void* data, std::int64_t element, Dtype dtype) {
    return static_cast<std::byte*>(data) + element * static_cast<std::int64_t>(size_of(dtype));
}

}  // namespace

ConvolutionBlocks convolution_blocks(Dtype dtype, const ConvolutionProblem& p, ConvolutionArgument result) {
    if (dtype == Dtype::float64 || (dtype == Dtype::bfloat16 && !has_bfloat16_products())) return {};
    ConvolutionProblem plain = p;
    plain.image_block = plain.out_block = 1;
    const bool is_cut = Cut(plain, result == ConvolutionArgument::images ? p.channels : p.outputs).parts > 1;
    if (is_cut && (result != ConvolutionArgument::kernel || p.batch == 1)) return {};
    return blocked_convolution_blocks(dtype, plain, result);
}

void convolution(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* kernel, void* out) {
    const Cut cut(p, p.outputs);
    if (cut.parts == 1) return run(dtype, p, images, kernel, out);
    cotangent::parallel_pieces(p.batch * cut.parts, [&](std::int64_t piece) {
        const std::int64_t n = piece / cut.parts, part = piece % cut.parts, first = cut.first(part);
        ConvolutionProblem slice = p;
        slice.batch = 1;
        slice.outputs = cut.size(part);
        run(dtype, slice, at(images, n * p.image_size(), dtype), at(kernel, first * p.patch_size(), dtype),
            at(out, n * p.out_size() + first * p.out_height * p.out_width, dtype));
    });
}

void convolution_to_images(Dtype dtype, const ConvolutionProblem& p, const void* out, const void* kernel, void* images) {
    const Cut cut(p, p.channels);
    if (cut.parts == 1) return run_to_images(dtype, p, out, kernel, images);
    const std::int64_t area = p.kernel_height * p.kernel_width;
    cotangent::parallel_pieces(p.batch * cut.parts, [&](std::int64_t piece) {
        const std::int64_t n = piece / cut.parts, part = piece % cut.parts, first = cut.first(part);
        ConvolutionProblem slice = p;
        slice.batch = 1;
        slice.channels = cut.size(part);
        const std::size_t bytes = static_cast<std::size_t>(slice.patch_size()) * size_of(dtype);
        void* dense = workspace<KernelSlice>().reserve(bytes * static_cast<std::size_t>(p.outputs));
        for (std::int64_t o = 0; o < p.outputs; ++o)
            std::memcpy(at(dense, o * slice.patch_size(), dtype), at(kernel, o * p.patch_size() + first * area, dtype), bytes);
        run_to_images(dtype, slice, at(out, n * p.out_size(), dtype), dense,
                      at(images, n * p.image_size() + first * p.height * p.width, dtype));
    });
}

void convolution_to_kernel(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* out, void* kernel) {
    const Cut cut(p, p.outputs);
    if (cut.parts == 1 || p.batch > 1) return run_to_kernel(dtype, p, images, out, kernel);
    cotangent::parallel_pieces(cut.parts, [&](std::int64_t part) {
        ConvolutionProblem slice = p;
        slice.outputs = cut.size(part);
        run_to_kernel(dtype, slice, images, at(out, cut.first(part) * p.out_height * p.out_width, dtype),
                      at(kernel, cut.first(part) * p.patch_size(), dtype));
    });
}

}  // namespace cotangent::detail
