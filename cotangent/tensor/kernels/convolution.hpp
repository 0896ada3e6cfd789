#pragma once
#include <array>
#include <cstdint>

#include "cotangent/tensor/dtype.hpp"

namespace cotangent::detail {

/// A convolution of images [batch, channels, height, width] with a kernel [outputs, channels / groups, kernel_height,
/// kernel_width] to [batch, outputs, out_height, out_width], all row-major unless blocks say otherwise.
struct ConvolutionProblem {
    std::int64_t batch, channels, height, width;
    std::int64_t outputs, kernel_height, kernel_width;
    std::int64_t out_height, out_width;
    std::int64_t groups;
    std::array<std::int64_t, 2> stride, dilation;       ///< down, across; a dilation of 1 is none
    std::array<std::int64_t, 2> pad_before, pad_after;
    std::int64_t image_block = 1, out_block = 1;        ///< see image_blocks.hpp

    [[nodiscard]] std::int64_t image_size() const { return channels * height * width; }
    [[nodiscard]] std::int64_t out_size() const { return outputs * out_height * out_width; }
    [[nodiscard]] std::int64_t patch_size() const { return channels / groups * kernel_height * kernel_width; }
    [[nodiscard]] std::int64_t kernel_size() const { return outputs * patch_size(); }
    [[nodiscard]] double flops_per_image() const { return 2.0 * static_cast<double>(out_size()) * static_cast<double>(patch_size()); }
};

/// The arguments of <convolution(images, kernel), out>.
enum class ConvolutionArgument : std::uint8_t { images, kernel, out };

/// The trilinear form <convolution(images, kernel), outputs> has three derivatives; each of these computes one, from the
/// other two arguments, on all threads. How the work is cut depends on the problem alone, and so do the bits.
/// float32 and bfloat16 (sums in float32, where has_bfloat16_products()) or float64.
void convolution(Dtype dtype, const ConvolutionProblem& problem, const void* images, const void* kernel, void* out);
void convolution_to_images(Dtype dtype, const ConvolutionProblem& problem, const void* out, const void* kernel, void* images);
void convolution_to_kernel(Dtype dtype, const ConvolutionProblem& problem, const void* images, const void* out, void* kernel);

/// The blocks that the fastest kernels for `result` work on; the problem's own say nothing. Row-major where that is as good,
/// or where blocks would not fill up.
struct ConvolutionBlocks {
    std::int64_t images = 1, out = 1;
};
[[nodiscard]] ConvolutionBlocks convolution_blocks(Dtype dtype, const ConvolutionProblem& problem, ConvolutionArgument result);

// The parts of it. float32 and bfloat16, by oneDNN:
void blocked_convolution(Dtype dtype, const ConvolutionProblem& problem, const void* images, const void* kernel, void* out);
void blocked_convolution_to_images(Dtype dtype, const ConvolutionProblem& problem, const void* out, const void* kernel, void* images);
void blocked_convolution_to_kernel(Dtype dtype, const ConvolutionProblem& problem, const void* images, const void* out, void* kernel);
[[nodiscard]] ConvolutionBlocks blocked_convolution_blocks(Dtype dtype, const ConvolutionProblem& problem, ConvolutionArgument result);
// float32 with few channels, by our own loops, where these say so:
[[nodiscard]] bool is_narrow(const ConvolutionProblem& problem);
[[nodiscard]] bool is_narrow_to_images(const ConvolutionProblem& problem);
[[nodiscard]] bool is_narrow_to_kernel(const ConvolutionProblem& problem);
void narrow_convolution(const ConvolutionProblem& problem, const float* images, const float* kernel, float* out);
void narrow_convolution_to_images(const ConvolutionProblem& problem, const float* out, const float* kernel, float* images);
void narrow_convolution_to_kernel(const ConvolutionProblem& problem, const float* images, const float* out, float* kernel);
// float64, by patches (im2col) and products:
void patch_convolution(const ConvolutionProblem& problem, const double* images, const double* kernel, double* out);
void patch_convolution_to_images(const ConvolutionProblem& problem, const double* out, const double* kernel, double* images);
void patch_convolution_to_kernel(const ConvolutionProblem& problem, const double* images, const double* out, double* kernel);

}  // namespace cotangent::detail
