#pragma once
// Pooling of images [N, C, H, W] to [N, C, H', W'], with H' = floor((H + 2 padding - kernel) / stride) + 1.
#include "cotangent/tensor/ops/conv2d.hpp"

namespace cotangent {

struct MaxPool2dOptions {
    HeightWidth kernel = 2;
    HeightWidth stride = 0;   ///< 0: the kernel
    HeightWidth padding = 0;  ///< at most half the kernel; what is outside is never the largest
    bool ceil_mode = false;   ///< round H' and W' up: a last window may reach beyond the padding
};

/// The largest value of each window; its gradient goes to the first pixel, in row-major order, that has it. NaN wins.
/// @throws ShapeError, DtypeError  images are not [N, C, H, W] of a floating dtype, or smaller than a window
[[nodiscard]] Tensor max_pool2d(const Tensor& images, const MaxPool2dOptions& options = {});

struct AvgPool2dOptions {
    HeightWidth kernel = 2;
    HeightWidth stride = 0;         ///< 0: the kernel
    HeightWidth padding = 0;        ///< at most half the kernel
    bool ceil_mode = false;         ///< round H' and W' up
    bool count_include_pad = true;  ///< padding counts as zeros; otherwise it does not count
};

/// The mean of each window.
[[nodiscard]] Tensor avg_pool2d(const Tensor& images, const AvgPool2dOptions& options = {});

}  // namespace cotangent
