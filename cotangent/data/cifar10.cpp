#include "cotangent/data/cifar10.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "cotangent/data/detail/compression.hpp"

namespace cotangent::data {
namespace {

constexpr std::size_t plane_bytes = 32 * 32, record_bytes = 1 + 3 * plane_bytes;
constexpr std::size_t most_bytes = std::size_t{1} << 30;

const std::vector<std::string>& class_names() {
    static const std::vector<std::string> names = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                   "dog",      "frog",       "horse", "ship", "truck"};
    return names;
}

ImageDataset decode(std::span<const std::byte> bytes) {
    if (bytes.empty() || bytes.size() % record_bytes != 0) {
        throw IoError(fmt::format("it has {} bytes, expected a multiple of {}", bytes.size(), record_bytes));
    }
    const auto count = static_cast<std::int64_t>(bytes.size() / record_bytes);
    Tensor images = Tensor::uninitialized({count, 32, 32, 3}, Dtype::uint8),
           labels = Tensor::uninitialized({count}, Dtype::int64);
    auto* to = images.fresh_data<std::uint8_t>();
    const auto* record = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::int64_t n = 0; n < count; ++n, record += record_bytes) {
        if (record[0] >= 10) throw IoError(fmt::format("record {} has the label {}, expected one below 10", n, record[0]));
        labels.fresh_data<std::int64_t>()[n] = record[0];
        for (std::size_t p = 0; p < plane_bytes; ++p) {
            for (std::size_t c = 0; c < 3; ++c) *to++ = record[1 + c * plane_bytes + p];
        }
    }
    return {.images = std::move(images), .labels = std::move(labels), .class_names = class_names()};
}

std::vector<std::filesystem::path> find_files(const std::filesystem::path& folder, const std::string& prefix) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error); !error && entry != std::filesystem::end(entry);
         entry.increment(error)) {
        const std::string file = entry->path().filename().string();
        const bool fits = file.ends_with(".bin") || file.ends_with(".bin.gz") || file.ends_with(".bin.xz");
        if (fits && file.starts_with(prefix)) files.push_back(entry->path());
    }
    if (error) throw IoError(fmt::format("load_cifar10: cannot read {}: {}", folder.string(), error.message()));
    std::sort(files.begin(), files.end());
    // A file that lies there packed and unpacked counts once.
    const auto unpacked = [](const std::filesystem::path& path) {
        return path.extension() == ".bin" ? path : path.parent_path() / path.stem();
    };
    files.erase(
        std::unique(files.begin(), files.end(), [&](const auto& a, const auto& b) { return unpacked(a) == unpacked(b); }),
        files.end());
    return files;
}

}  // namespace

ImageDataset decode_cifar10(std::span<const std::byte> bytes) {
    try {
        return decode(bytes);
    } catch (const IoError& error) {
        throw IoError(fmt::format("decode_cifar10: {}", error.what()));
    }
}

ImageDataset load_cifar10(const std::string& path, Part part) {
    const std::filesystem::path folder = path;
    if (part == Part::validation)
        throw ValueError("load_cifar10: part is validation, expected train or test; split() makes one");
    const auto inner = folder / "cifar-10-batches-bin";
    const auto& home = std::filesystem::is_directory(inner) ? inner : folder;
    const std::string prefix = part == Part::train ? "data_batch_" : "test_batch";
    const auto files = find_files(home, prefix);
    if (files.empty()) throw IoError(fmt::format("load_cifar10: {} has no file {}*.bin", home.string(), prefix));
    std::vector<std::uint8_t> pixels;
    std::vector<std::int64_t> labels;
    for (const auto& file : files) {
        const auto bytes = detail::read_unpacked("load_cifar10", file, most_bytes);
        try {
            const ImageDataset read = decode(bytes);
            const auto images = read.images.values<std::uint8_t>();
            const auto classes = read.labels.values<std::int64_t>();
            pixels.insert(pixels.end(), images.begin(), images.end());
            labels.insert(labels.end(), classes.begin(), classes.end());
        } catch (const IoError& error) {
            throw IoError(fmt::format("load_cifar10: cannot read {}: {}", file.string(), error.what()));
        }
    }
    const auto count = static_cast<std::int64_t>(labels.size());
    return {.images = Tensor::from(pixels, {count, 32, 32, 3}),
            .labels = Tensor::from(labels, {count}),
            .class_names = class_names()};
}

}  // namespace cotangent::data
