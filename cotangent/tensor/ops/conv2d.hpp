#pragma once
// Convolutions of images [N, C, H, W], as the field means them: correlations, the kernel is not flipped.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// A number for each axis of an image, or one for both.
struct HeightWidth {
    int height, width;
    HeightWidth(int both) : height(both), width(both) {}
    HeightWidth(int down, int across) : height(down), width(across) {}
    friend bool operator==(const HeightWidth&, const HeightWidth&) = default;
};

/// Zeros around each image: the same on opposite sides, or as many as keep H and W (divided by the stride, rounded up),
/// with the odd one at the bottom and right.
struct Padding {
    HeightWidth size = 0;
    bool is_same = false;
    Padding(int both) : size(both) {}
    Padding(int down, int across) : size(down, across) {}
    Padding(HeightWidth given) : size(given) {}
    [[nodiscard]] static Padding same() {
        Padding padding(0);
        padding.is_same = true;
        return padding;
    }
};

struct Conv2dOptions {
    HeightWidth stride = 1;
    Padding padding = 0;
    HeightWidth dilation = 1;  ///< 1: neighbouring pixels
    int groups = 1;            ///< group g of the outputs sees group g of the channels
};

/// y[n, o, i, j] = sum_{c, u, v} images[n, c, i s - p + u d, j s - p + v d] kernel[o, c, u, v], zero outside.
///
/// @param images  [N, C, H, W]  float32, float64 or bfloat16 (summed in float32)
/// @param kernel  [O, C / groups, KH, KW]  the same dtype
/// @return        [N, O, H', W'] with H' = floor((H + 2 p - d (KH - 1) - 1) / s) + 1
/// @throws ShapeError, DtypeError  what does not fit   @throws ValueError  an option out of range
/// @accuracy  |error| <= 2 K eps sum|images||kernel| over the K = C/groups KH KW terms; the same bits for any number of threads
[[nodiscard]] Tensor conv2d(const Tensor& images, const Tensor& kernel, const Conv2dOptions& options = {});

struct Conv2dTransposeOptions {
    HeightWidth stride = 1;
    HeightWidth padding = 0;
    HeightWidth dilation = 1;
    int groups = 1;
    HeightWidth output_padding = 0;  ///< further rows and columns at the bottom and right, less than the stride
};

/// The transpose of conv2d as a linear map of its images: what gives conv2d its input gradient. Upsamples by the stride.
///
/// @param images  [N, C, H, W]
/// @param kernel  [C, O / groups, KH, KW]
/// @return        [N, O, H', W'] with H' = (H - 1) s - 2 p + d (KH - 1) + 1 + output_padding
[[nodiscard]] Tensor conv2d_transpose(const Tensor& images, const Tensor& kernel, const Conv2dTransposeOptions& options = {});

}  // namespace cotangent
