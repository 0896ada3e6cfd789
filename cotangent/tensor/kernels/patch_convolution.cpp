// Every patch of an image becomes a column (im2col); a convolution is then a matrix product. Simple, any dtype that has
// products; used for float64, where derivative tests and small statistical models live.
#include <algorithm>
#include <vector>

#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

constexpr double piece_flops = 2e6;

std::int64_t images_per_piece(const ConvolutionProblem& p) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(piece_flops / std::max(p.flops_per_image(), 1.0)));
}

/// Calls visit(patch row, output position, image offset or -1 in the padding) for one group of one image.
template <class Visit>
void for_patches(const ConvolutionProblem& p, std::int64_t group, const Visit& visit) {
    const std::int64_t channels = p.channels / p.groups;
    std::int64_t row = 0;
    for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t kh = 0; kh < p.kernel_height; ++kh)
            for (std::int64_t kw = 0; kw < p.kernel_width; ++kw, ++row) {
                std::int64_t at = 0;
                for (std::int64_t oh = 0; oh < p.out_height; ++oh) {
                    const std::int64_t h = oh * p.stride[0] - p.pad_before[0] + kh * p.dilation[0];
                    const std::int64_t line = ((group * channels + c) * p.height + h) * p.width;
                    for (std::int64_t ow = 0; ow < p.out_width; ++ow, ++at) {
                        const std::int64_t w = ow * p.stride[1] - p.pad_before[1] + kw * p.dilation[1];
                        const bool inside = h >= 0 && h < p.height && w >= 0 && w < p.width;
                        visit(row, at, inside ? line + w : -1);
                    }
                }
            }
}

}  // namespace

void patch_convolution(const ConvolutionProblem& p, const double* images, const double* kernel, double* out) {
    const std::int64_t rows = p.patch_size(), positions = p.out_height * p.out_width, outputs = p.outputs / p.groups;
    parallel_for(p.batch, images_per_piece(p), [&](std::int64_t first, std::int64_t last) {
        std::vector<double> columns(static_cast<std::size_t>(rows * positions));
        for (std::int64_t n = first; n < last; ++n)
            for (std::int64_t g = 0; g < p.groups; ++g) {
                const double* image = images + n * p.image_size();
                for_patches(p, g, [&](std::int64_t row, std::int64_t at, std::int64_t offset) {
                    columns[row * positions + at] = offset < 0 ? 0.0 : image[offset];
                });
                gemm_block<double>(false, false, outputs, positions, rows, kernel + g * outputs * rows, rows, columns.data(), positions,
                                   false, out + n * p.out_size() + g * outputs * positions, positions);
            }
    });
}

void patch_convolution_to_images(const ConvolutionProblem& p, const double* out, const double* kernel, double* images) {
    const std::int64_t rows = p.patch_size(), positions = p.out_height * p.out_width, outputs = p.outputs / p.groups;
    parallel_for(p.batch, images_per_piece(p), [&](std::int64_t first, std::int64_t last) {
        std::vector<double> columns(static_cast<std::size_t>(rows * positions));
        for (std::int64_t n = first; n < last; ++n) {
            double* image = images + n * p.image_size();
            std::fill_n(image, p.image_size(), 0.0);
            for (std::int64_t g = 0; g < p.groups; ++g) {
                gemm_block<double>(true, false, rows, positions, outputs, kernel + g * outputs * rows, rows,
                                   out + n * p.out_size() + g * outputs * positions, positions, false, columns.data(), positions);
                for_patches(p, g, [&](std::int64_t row, std::int64_t at, std::int64_t offset) {
                    if (offset >= 0) image[offset] += columns[row * positions + at];
                });
            }
        }
    });
}

void patch_convolution_to_kernel(const ConvolutionProblem& p, const double* images, const double* out, double* kernel) {
    const std::int64_t rows = p.patch_size(), positions = p.out_height * p.out_width, outputs = p.outputs / p.groups;
    const std::int64_t grain = std::max(images_per_piece(p), (p.batch + 7) / 8);  // at most 8 partial sums
    const std::int64_t pieces = (p.batch + grain - 1) / grain;
    std::vector<double> partial(static_cast<std::size_t>(pieces * p.kernel_size()), 0.0);
    cotangent::parallel_pieces(pieces, [&](std::int64_t piece) {
        std::vector<double> columns(static_cast<std::size_t>(rows * positions));
        double* sum = partial.data() + piece * p.kernel_size();
        for (std::int64_t n = piece * grain; n < std::min(p.batch, (piece + 1) * grain); ++n)
            for (std::int64_t g = 0; g < p.groups; ++g) {
                const double* image = images + n * p.image_size();
                for_patches(p, g, [&](std::int64_t row, std::int64_t at, std::int64_t offset) {
                    columns[row * positions + at] = offset < 0 ? 0.0 : image[offset];
                });
                gemm_block<double>(false, true, outputs, rows, positions, out + n * p.out_size() + g * outputs * positions, positions,
                                   columns.data(), positions, true, sum + g * outputs * rows, rows);
            }
    });
    std::fill_n(kernel, p.kernel_size(), 0.0);
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        for (std::int64_t i = 0; i < p.kernel_size(); ++i) kernel[i] += partial[piece * p.kernel_size() + i];
}

}  // namespace cotangent::detail
