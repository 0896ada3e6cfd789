#include "cotangent/data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>

#include "cotangent/data/detail/compression.hpp"

namespace cotangent::data {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 33;

Tensor decode(std::span<const std::byte> bytes) {
    const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    if (bytes.size() < 4 || at(0) != 0 || at(1) != 0) throw IoError("it does not begin like an IDX file");
    Dtype dtype;
    switch (at(2)) {
        case 0x08: dtype = Dtype::uint8; break;
        case 0x0c: dtype = Dtype::int32; break;
        case 0x0d: dtype = Dtype::float32; break;
        case 0x0e: dtype = Dtype::float64; break;
        default:
            throw IoError(fmt::format("its elements are of IDX type 0x{:02x}, expected 0x08, 0x0c, 0x0d or 0x0e", at(2)));
    }
    const unsigned rank = at(3);
    if (rank > Shape::max_rank) throw IoError(fmt::format("it has {} axes, expected at most {}", rank, Shape::max_rank));
    const std::size_t header = 4 + 4 * std::size_t{rank};
    if (bytes.size() < header) throw IoError("it ends inside its header");
    Shape shape;
    auto expected = static_cast<std::int64_t>(size_of(dtype));
    for (unsigned axis = 0; axis < rank; ++axis) {
        const std::size_t i = 4 + 4 * axis;
        const std::int64_t length = std::int64_t{at(i)} << 24 | at(i + 1) << 16 | at(i + 2) << 8 | at(i + 3);
        shape.push_back(length);
        if (__builtin_mul_overflow(expected, length, &expected))  // even where a later axis has no length
            throw IoError("its shape is too large");
    }
    if (static_cast<std::int64_t>(bytes.size() - header) != expected) {
        throw IoError(fmt::format("it has {} bytes of elements, expected {} for shape {}", bytes.size() - header, expected,
                                  to_string(shape)));
    }
    Tensor result = Tensor::from_bytes(bytes.subspan(header), shape, dtype);
    if constexpr (std::endian::native == std::endian::little) {
        const std::size_t width = size_of(dtype);
        std::byte* element = result.mutable_raw();
        for (std::int64_t i = 0; width > 1 && i < result.size(); ++i, element += width)
            std::reverse(element, element + width);
    }
    return result;
}

Tensor read_part(const std::filesystem::path& folder, const std::string& stem, int axes) {
    // The official names, and those that unpacking with some tools gives.
    for (const char separator : {'-', '.'}) {
        const auto path = detail::find_packed(folder / fmt::format("{}{}idx{}-ubyte", stem, separator, axes));
        if (path.empty()) continue;
        Tensor values = read_idx(path);
        if (values.dtype() != Dtype::uint8 || values.rank() != axes) {
            throw IoError(fmt::format("load_mnist: {} holds {} {}, expected uint8 with {} axes", path.string(),
                                      name(values.dtype()), to_string(values.shape()), axes));
        }
        return values;
    }
    throw IoError(fmt::format("load_mnist: {} has no file {}-idx{}-ubyte or {}-idx{}-ubyte.gz", folder.string(), stem, axes,
                              stem, axes));
}

}  // namespace

Tensor decode_idx(std::span<const std::byte> bytes) {
    try {
        return decode(bytes);
    } catch (const IoError& error) {
        throw IoError(fmt::format("decode_idx: {}", error.what()));
    }
}

Tensor read_idx(const std::string& path) {
    const auto bytes = detail::read_unpacked("read_idx", path, most_bytes);
    try {
        return decode(bytes);
    } catch (const IoError& error) {
        throw IoError(fmt::format("read_idx: cannot read {}: {}", path, error.what()));
    }
}

ImageDataset load_mnist(const std::string& folder, Part part, std::vector<std::string> class_names) {
    if (part == Part::validation)
        throw ValueError("load_mnist: part is validation, expected train or test; split() makes one");
    if (class_names.empty()) {
        for (int digit = 0; digit < 10; ++digit) class_names.push_back(fmt::format("{}", digit));
    }
    const std::string prefix = part == Part::train ? "train" : "t10k";
    const Tensor images = read_part(folder, prefix + "-images", 3);
    const Tensor labels = read_part(folder, prefix + "-labels", 1);
    if (images.length(0) != labels.length(0)) {
        throw IoError(fmt::format("load_mnist: {} has {} pictures and {} labels, expected as many", folder, images.length(0),
                                  labels.length(0)));
    }
    const auto values = labels.values<std::uint8_t>();
    for (const std::uint8_t label : values) {
        if (label >= class_names.size()) {
            throw IoError(
                fmt::format("load_mnist: {} has a label {}, expected one of {} classes", folder, label, class_names.size()));
        }
    }
    return {.images = images.view({images.length(0), images.length(1), images.length(2), 1}),
            .labels = Tensor::from(std::vector<std::int64_t>(values.begin(), values.end()), labels.shape()),
            .class_names = std::move(class_names)};
}

std::vector<std::string> fashion_mnist_class_names() {
    return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

}  // namespace cotangent::data
