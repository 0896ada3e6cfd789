#include "cotangent/data/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "cotangent/data/detail/split_mix.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::data {
namespace {

void check_pictures(const char* op, const Tensor& images) {
    if (images.rank() != 4) {
        throw ShapeError(fmt::format("{}: images have shape {}, expected [N, H, W, C]", op, to_string(images.shape())));
    }
    if (images.dtype() != Dtype::uint8) {
        throw DtypeError(fmt::format("{}: images have dtype {}, expected uint8", op, name(images.dtype())));
    }
}

/// Takes in 8 bytes at a time, each mixed with all before: pictures come by the hundred megabytes.
class Hash {
public:
    void add(const void* data, std::size_t bytes) {
        const auto* from = static_cast<const unsigned char*>(data);
        for (; bytes >= 8; bytes -= 8, from += 8) add_word(from, 8);
        add_word(from, bytes);
        mix(bytes);
    }
    [[nodiscard]] std::uint64_t value() const { return detail::SplitMix{state_}.next(); }

private:
    void add_word(const unsigned char* from, std::size_t bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, from, bytes);
        mix(word);
    }
    void mix(std::uint64_t word) {
        state_ = (state_ ^ word) * 0x9e3779b97f4a7c15u;
        state_ ^= state_ >> 29;
    }
    std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t fingerprint(const ImageDataset& dataset) {
    Hash hash;
    for (const Tensor* tensor : {&dataset.images, &dataset.labels}) {
        for (const std::int64_t length : tensor->shape()) hash.add(&length, sizeof length);
        hash.add(tensor->raw(), tensor->bytes());
    }
    for (const std::string& name : dataset.class_names) hash.add(name.data(), name.size());
    return hash.value();
}

void check(const ImageDataset& dataset) {
    check_pictures("dataset", dataset.images);
    const std::int64_t count = dataset.size();
    if (dataset.labels.dtype() != Dtype::int64) {
        throw DtypeError(fmt::format("dataset: labels have dtype {}, expected int64", name(dataset.labels.dtype())));
    }
    if (dataset.labels.shape() != Shape{count}) {
        throw ShapeError(fmt::format("dataset: labels have shape {}, expected [{}] for images {}",
                                     to_string(dataset.labels.shape()), count, to_string(dataset.images.shape())));
    }
    if (!dataset.names.empty() && static_cast<std::int64_t>(dataset.names.size()) != count) {
        throw ValueError(fmt::format("dataset: there are {} names, expected {} or none", dataset.names.size(), count));
    }
    const auto classes = static_cast<std::int64_t>(dataset.class_names.size());
    for (const std::int64_t label : dataset.labels.values<std::int64_t>()) {
        if (label < 0 || label >= classes) {
            throw ValueError(fmt::format("dataset: a label is {}, expected one of {} classes", label, classes));
        }
    }
}

Tensor take_rows(const Tensor& tensor, std::span<const std::int64_t> indices) {
    if (tensor.rank() < 1) throw ShapeError("take_rows: tensor has shape [], expected at least one axis");
    const std::int64_t rows = tensor.length(0);
    for (const std::int64_t index : indices) {
        if (index < 0 || index >= rows) {
            throw ValueError(fmt::format("take_rows: an index is {}, expected one in [0, {})", index, rows));
        }
    }
    Shape shape = tensor.shape();
    shape[0] = static_cast<std::int64_t>(indices.size());
    Tensor result = Tensor::uninitialized(shape, tensor.dtype());
    if (result.is_empty()) return result;
    const std::size_t row_bytes = tensor.bytes() / static_cast<std::size_t>(rows);
    std::byte* to = result.fresh_data<std::byte>();
    for (std::size_t i = 0; i < indices.size(); ++i) {
        std::memcpy(to + i * row_bytes, tensor.raw() + static_cast<std::size_t>(indices[i]) * row_bytes, row_bytes);
    }
    return result;
}

ImageDataset subset(const ImageDataset& dataset, std::span<const std::int64_t> indices) {
    ImageDataset result{.images = take_rows(dataset.images, indices),
                        .labels = take_rows(dataset.labels, indices),
                        .class_names = dataset.class_names,
                        .names = {}};
    if (!dataset.names.empty()) {
        for (const std::int64_t index : indices) result.names.push_back(dataset.names.at(static_cast<std::size_t>(index)));
    }
    return result;
}

std::pair<ImageDataset, ImageDataset> split(const ImageDataset& dataset, double fraction, Rng& rng) {
    if (!(fraction >= 0 && fraction <= 1)) {
        throw ValueError(fmt::format("split: fraction is {}, expected one in [0, 1]", fraction));
    }
    check(dataset);
    const auto labels = dataset.labels.values<std::int64_t>();
    std::vector<std::vector<std::int64_t>> members(dataset.class_names.size());
    for (std::size_t i = 0; i < labels.size(); ++i) members[static_cast<std::size_t>(labels[i])].push_back(std::int64_t(i));

    std::vector<std::int64_t> first, second;
    const Rng streams = rng.split();
    for (std::size_t label = 0; label < members.size(); ++label) {
        const auto& indices = members[label];
        Rng own = streams.fork(label);
        const Tensor order = permutation(own, static_cast<std::int64_t>(indices.size()));
        const auto share = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(indices.size())));
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const auto from = static_cast<std::size_t>(order.data<std::int64_t>()[i]);
            (i < share ? first : second).push_back(indices[from]);
        }
    }
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
    return {subset(dataset, first), subset(dataset, second)};
}

Tensor to_float(const Tensor& images) {
    check_pictures("to_float", images);
    const std::int64_t count = images.length(0), channels = images.length(3);
    const std::int64_t pixels = images.length(1) * images.length(2);
    Tensor result = Tensor::uninitialized({count, channels, images.length(1), images.length(2)}, Dtype::float32);
    if (result.is_empty()) return result;
    const std::uint8_t* from = images.data<std::uint8_t>();
    float* to = result.fresh_data<float>();
    const std::int64_t grain = std::max<std::int64_t>(1, (1 << 17) / (pixels * channels));
    parallel_for(count, grain, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t n = first; n < last; ++n) {
            const std::uint8_t* source = from + n * pixels * channels;
            for (std::int64_t c = 0; c < channels; ++c) {
                float* plane = to + (n * channels + c) * pixels;
                for (std::int64_t p = 0; p < pixels; ++p) plane[p] = static_cast<float>(source[p * channels + c]) / 255.0f;
            }
        }
    });
    return result;
}

ChannelStatistics channel_statistics(const Tensor& images) {
    check_pictures("channel_statistics", images);
    if (images.is_empty()) throw ValueError("channel_statistics: images are empty, expected at least one pixel");
    const std::int64_t channels = images.length(3);
    const std::int64_t pixels = images.size() / channels;
    const std::uint8_t* values = images.data<std::uint8_t>();
    ChannelStatistics result;
    // Counting the 256 values makes sums exact, whatever their order.
    for (std::int64_t c = 0; c < channels; ++c) {
        std::array<std::int64_t, 256> counts{};
        for (std::int64_t p = 0; p < pixels; ++p) ++counts[values[p * channels + c]];
        double sum = 0, squares = 0;
        for (int v = 0; v < 256; ++v) sum += v / 255.0 * static_cast<double>(counts[v]);
        const double mean = sum / static_cast<double>(pixels);
        for (int v = 0; v < 256; ++v) squares += (v / 255.0 - mean) * (v / 255.0 - mean) * static_cast<double>(counts[v]);
        result.mean.push_back(static_cast<float>(mean));
        result.deviation.push_back(static_cast<float>(std::sqrt(squares / static_cast<double>(pixels))));
    }
    return result;
}

Tensor normalize(const Tensor& images, const ChannelStatistics& statistics) {
    if (images.rank() != 4 || images.dtype() != Dtype::float32) {
        throw ShapeError(fmt::format("normalize: images are {} {}, expected float32 [N, C, H, W]", name(images.dtype()),
                                     to_string(images.shape())));
    }
    const std::int64_t channels = images.length(1), pixels = images.length(2) * images.length(3);
    if (static_cast<std::int64_t>(statistics.mean.size()) != channels ||
        static_cast<std::int64_t>(statistics.deviation.size()) != channels) {
        throw ShapeError(fmt::format("normalize: statistics have {} means and {} deviations, expected {} for images {}",
                                     statistics.mean.size(), statistics.deviation.size(), channels,
                                     to_string(images.shape())));
    }
    for (const float deviation : statistics.deviation) {
        if (!(deviation > 0)) throw ValueError(fmt::format("normalize: a deviation is {}, expected above 0", deviation));
    }
    Tensor result = Tensor::uninitialized(images.shape(), Dtype::float32);
    if (result.is_empty()) return result;
    const float* from = images.data<float>();
    float* to = result.fresh_data<float>();
    parallel_for(images.length(0) * channels, std::max<std::int64_t>(1, (1 << 17) / pixels),
                 [&](std::int64_t first, std::int64_t last) {
                     for (std::int64_t plane = first; plane < last; ++plane) {
                         const float mean = statistics.mean[static_cast<std::size_t>(plane % channels)];
                         const float deviation = statistics.deviation[static_cast<std::size_t>(plane % channels)];
                         for (std::int64_t p = plane * pixels; p < (plane + 1) * pixels; ++p) {
                             to[p] = (from[p] - mean) / deviation;
                         }
                     }
                 });
    return result;
}

}  // namespace cotangent::data
