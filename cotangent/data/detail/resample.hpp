#pragma once
#include <cstdint>
#include <vector>

namespace cotangent::data::detail {

/// For every output position of one axis: the input positions it reads, and their weights, which sum to 1.
struct AxisWeights {
    struct Span {
        int first;   ///< first input position
        int count;   ///< how many
        int offset;  ///< where its weights start
    };
    std::vector<Span> spans;
    std::vector<float> weights;
};

/// Shrinking averages the area that an output pixel covers; growing interpolates linearly between pixel centres.
[[nodiscard]] AxisWeights axis_weights(int input, int output);

/// Resamples interleaved pixels, rows first. `from` is [in_height, in_width, channels], the result
/// [out_height, out_width, channels].
[[nodiscard]] std::vector<float> resample(const float* from, int in_height, int in_width, int out_height, int out_width,
                                          int channels);

}  // namespace cotangent::data::detail
