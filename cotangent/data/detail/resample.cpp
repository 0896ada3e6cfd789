#include "cotangent/data/detail/resample.hpp"

#include <algorithm>
#include <cmath>

namespace cotangent::data::detail {

AxisWeights axis_weights(int input, int output) {
    AxisWeights result;
    const double scale = static_cast<double>(input) / output;
    for (int i = 0; i < output; ++i) {
        AxisWeights::Span span{0, 0, static_cast<int>(result.weights.size())};
        if (input > output) {
            const double low = i * scale, high = std::min<double>(input, (i + 1) * scale);
            span.first = static_cast<int>(low);
            const int end = std::min(input, static_cast<int>(std::ceil(high)));
            for (int j = span.first; j < end; ++j) {
                const double covered = std::min<double>(high, j + 1) - std::max<double>(low, j);
                result.weights.push_back(static_cast<float>(covered / (high - low)));
            }
        } else {
            const double centre = std::clamp((i + 0.5) * scale - 0.5, 0.0, input - 1.0);
            span.first = static_cast<int>(centre);
            const double fraction = centre - span.first;
            result.weights.push_back(static_cast<float>(1 - fraction));
            if (fraction > 0) result.weights.push_back(static_cast<float>(fraction));
        }
        span.count = static_cast<int>(result.weights.size()) - span.offset;
        result.spans.push_back(span);
    }
    return result;
}

std::vector<float> resample(const float* from, int in_height, int in_width, int out_height, int out_width, int channels) {
    const std::size_t in_row = static_cast<std::size_t>(in_width) * channels;
    const std::size_t out_row = static_cast<std::size_t>(out_width) * channels;
    const AxisWeights vertical = axis_weights(in_height, out_height), horizontal = axis_weights(in_width, out_width);
    std::vector<float> result(out_row * out_height), row(in_row);
    for (int y = 0; y < out_height; ++y) {
        const auto rows = vertical.spans[y];
        std::fill(row.begin(), row.end(), 0.0f);
        for (int j = 0; j < rows.count; ++j) {
            const float weight = vertical.weights[rows.offset + j];
            const float* source = from + in_row * (rows.first + j);
            for (std::size_t k = 0; k < in_row; ++k) row[k] += weight * source[k];
        }
        float* to = result.data() + out_row * y;
        for (int x = 0; x < out_width; ++x) {
            const auto columns = horizontal.spans[x];
            for (int j = 0; j < columns.count; ++j) {
                const float weight = horizontal.weights[columns.offset + j];
                const float* source = row.data() + static_cast<std::size_t>(columns.first + j) * channels;
                for (int c = 0; c < channels; ++c) to[x * channels + c] += weight * source[c];
            }
        }
    }
    return result;
}

}  // namespace cotangent::data::detail
