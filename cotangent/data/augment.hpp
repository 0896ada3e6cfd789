#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"

// Random changes that keep a picture's meaning. Each takes a batch [B, H, W, C] uint8 and gives another such
// batch. Picture i draws from a stream of its own, split off rng: results do not depend on the number of threads.
namespace cotangent::data {

/// What batches() calls for each batch before it turns it into floats. It runs on the loading thread.
using Augmentation = std::function<Tensor(const Tensor& images, Rng& rng)>;

/// One after the other, each with a stream of its own.
[[nodiscard]] Augmentation in_order(std::vector<Augmentation> steps);

struct AffineOptions {
    double degrees = 15;          ///< turns by an angle in [-degrees, degrees]
    double translate = 0.1;       ///< moves by at most this share of the side, each way
    double smallest_scale = 0.9;  ///< scales by a factor between these two, uniform in its logarithm
    double largest_scale = 1.1;
    double shear_degrees = 0;  ///< leans by an angle in [-shear_degrees, shear_degrees]
    std::uint8_t fill = 0;     ///< what comes in from outside; RGBA pictures get transparent pixels
};

/// Turns, scales, leans and moves each picture about its middle, with bilinear interpolation; colours of RGBA pictures
/// are weighted by their alpha.
/// @param images  [B, H, W, C]  uint8; C is 1, 3 or 4
/// @throws ShapeError, DtypeError, ValueError
[[nodiscard]] Tensor random_affine(const Tensor& images, Rng& rng, const AffineOptions& options = {});

/// Mirrors left and right with this probability.
[[nodiscard]] Tensor random_flip(const Tensor& images, Rng& rng, double probability = 0.5);

struct ColorJitterOptions {
    double brightness = 0.2;  ///< multiplies by a factor in [1 - brightness, 1 + brightness]
    double contrast = 0.2;    ///< scales distances from the picture's mean grey, likewise
    double saturation = 0.2;  ///< scales distances from each pixel's grey, likewise
    double hue = 0.05;        ///< turns colours by at most this share of the circle, at constant luma (YIQ)
};

/// Changes colours; the steps are applied in the order above, and clamped once at the end. Grey pictures keep to
/// brightness and contrast; alpha stays.
[[nodiscard]] Tensor color_jitter(const Tensor& images, Rng& rng, const ColorJitterOptions& options = {});

struct CropOptions {
    int padding = 4;        ///< pixels added on each side before cutting out the old size
    std::uint8_t fill = 0;  ///< their value
};

/// Pads, then cuts a window of the old size at random: He et al. 2015, arXiv:1512.03385, section 4.2, for CIFAR-10.
[[nodiscard]] Tensor random_crop(const Tensor& images, Rng& rng, const CropOptions& options = {});

struct CutoutOptions {
    int size = 8;             ///< side of the square; its centre is uniform, so that it may stick out
    double probability = 1;   ///< of doing so at all
    std::uint8_t fill = 127;  ///< the value of all channels inside
};

/// Blanks a square: DeVries, Taylor 2017, arXiv:1708.04552.
[[nodiscard]] Tensor random_cutout(const Tensor& images, Rng& rng, const CutoutOptions& options = {});

/// How often each kind of background is drawn, relative to the others.
struct BackgroundOptions {
    double plain = 1;     ///< one colour
    double gradient = 1;  ///< from one colour to another along a random direction
    double noise = 1;     ///< clouds between two colours, with grain
};

/// Lays each picture over a background of its own.
/// @param images  [B, H, W, 4]  uint8 RGBA, straight alpha
/// @return        [B, H, W, 3]  uint8
[[nodiscard]] Tensor random_background(const Tensor& images, Rng& rng, const BackgroundOptions& options = {});

}  // namespace cotangent::data
