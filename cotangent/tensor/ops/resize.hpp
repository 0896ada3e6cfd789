#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

enum class Interpolation : std::uint8_t {
    nearest,   ///< the pixel that the scaled position falls in
    bilinear,  ///< between the centres of the four nearest pixels (half-pixel centres; no filter when shrinking)
};

/// Images [N, C, H, W] at another size, [N, C, height, width]: PyTorch's interpolate with align_corners=False.
/// float32, float64 or bfloat16.
/// @throws ShapeError  images are not [N, C, H, W] with sides of at least 1   @throws ValueError  height or width < 1
[[nodiscard]] Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width,
                            Interpolation interpolation = Interpolation::bilinear);

}  // namespace cotangent
