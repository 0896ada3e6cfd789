#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::data {

/// Labelled pictures in memory. A plain struct: make one from any source, or load one from a file format.
struct ImageDataset {
    Tensor images;                         ///< [N, H, W, C]  uint8; C is 1 for grey, 3 for RGB, 4 for RGBA
    Tensor labels;                         ///< [N]  int64, each in [0, class_names.size())
    std::vector<std::string> class_names;  ///< what each label means
    std::vector<std::string> names = {};   ///< one a picture, such as its file; empty where the source has none

    [[nodiscard]] std::int64_t size() const { return images.length(0); }
};

/// What a part of a dataset is for.
enum class Part : std::uint8_t { train, validation, test };

/// @throws ShapeError, DtypeError, ValueError  a field does not fit the others; the message names it
void check(const ImageDataset& dataset);

/// 64 bits that tell two datasets apart: of the pictures, labels and class names. Not against forgery.
[[nodiscard]] std::uint64_t fingerprint(const ImageDataset& dataset);

/// The rows `indices` of a tensor along its first axis, in that order; repeats are allowed.
/// @throws ValueError  an index is outside [0, tensor.length(0))
[[nodiscard]] Tensor take_rows(const Tensor& tensor, std::span<const std::int64_t> indices);

/// The pictures `indices` of a dataset, in that order. @throws ValueError  an index is outside the dataset
[[nodiscard]] ImageDataset subset(const ImageDataset& dataset, std::span<const std::int64_t> indices);

/// Cuts a dataset in two at random, class by class: each class gives round(fraction * its size) pictures to the first
/// part. Order is kept within both.
/// @throws ValueError  fraction is outside [0, 1]
[[nodiscard]] std::pair<ImageDataset, ImageDataset> split(const ImageDataset& dataset, double fraction, Rng& rng);

/// @param images  [N, H, W, C]  uint8
/// @return        [N, C, H, W]  float32, each value / 255
[[nodiscard]] Tensor to_float(const Tensor& images);

/// Means and deviations of each channel, of values scaled to [0, 1].
struct ChannelStatistics {
    std::vector<float> mean;       ///< one a channel
    std::vector<float> deviation;  ///< the square root of the mean squared distance from it
};

/// @param images  [N, H, W, C]  uint8
/// @throws ValueError  there are no pixels
[[nodiscard]] ChannelStatistics channel_statistics(const Tensor& images);

/// (x - mean) / deviation, channel by channel.
/// @param images  [N, C, H, W]  float32
/// @throws ShapeError  the statistics are not of C channels
/// @throws ValueError  a deviation is not above 0
[[nodiscard]] Tensor normalize(const Tensor& images, const ChannelStatistics& statistics);

}  // namespace cotangent::data
