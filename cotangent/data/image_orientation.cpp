// How a camera was held: the tag Orientation of EXIF, which JPEG, PNG and WebP carry.
// @source  TIFF 6.0, tag 274; PNG 1.5 extensions, chunk eXIf; WebP container specification, chunk EXIF
#include <cstring>

#include "cotangent/data/detail/image_codec.hpp"

namespace cotangent::data::detail {
namespace {

/// An unsigned number of some bytes; 0 past the end.
std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t size, bool is_little) {
    std::uint32_t value = 0;
    if (at > bytes.size() || size > bytes.size() - at) return value;
    for (std::size_t i = 0; i < size; ++i)
        value |= static_cast<std::uint32_t>(bytes[at + i]) << 8 * (is_little ? i : size - 1 - i);
    return value;
}

/// The content of the first chunk of this kind, from `at` on: name and length of 4 bytes each, in either order.
std::span<const std::byte> chunk(std::span<const std::byte> bytes, std::size_t at, const char* kind, bool is_riff) {
    while (at + 8 <= bytes.size()) {
        const std::size_t size = number_at(bytes, at + (is_riff ? 4 : 0), 4, is_riff);
        const bool is_it = std::memcmp(bytes.data() + at + (is_riff ? 0 : 4), kind, 4) == 0;
        at += 8;
        if (size > bytes.size() - at) return {};
        if (is_it) return bytes.subspan(at, size);
        at += size + (is_riff ? size % 2 : 4);  // padding; a checksum
    }
    return {};
}

}  // namespace

int orientation_of(std::span<const std::byte> tiff) {
    if (tiff.size() < 8) return 1;
    const bool is_little = tiff[0] == std::byte{'I'};
    const std::size_t directory = number_at(tiff, 4, 4, is_little);
    const std::uint32_t entries = number_at(tiff, directory, 2, is_little);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + 12 * std::size_t{i};
        if (entry + 12 > tiff.size()) break;
        if (number_at(tiff, entry, 2, is_little) != 0x0112) continue;
        const auto value = static_cast<int>(number_at(tiff, entry + 8, 2, is_little));
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

int orientation_of_png(std::span<const std::byte> file) { return orientation_of(chunk(file, 8, "eXIf", false)); }

int orientation_of_webp(std::span<const std::byte> file) {
    std::span<const std::byte> exif = chunk(file, 12, "EXIF", true);
    if (exif.size() > 6 && std::memcmp(exif.data(), "Exif\0\0", 6) == 0) exif = exif.subspan(6);
    return orientation_of(exif);
}

Tensor oriented(const Tensor& image, int orientation) {
    if (orientation == 1) return image;
    const std::int64_t height = image.length(0), width = image.length(1);
    const bool is_turned = orientation >= 5;
    const std::int64_t rows = is_turned ? width : height, columns = is_turned ? height : width;
    Tensor result = Tensor::uninitialized({rows, columns, 3}, Dtype::uint8);
    const std::uint8_t* from = image.data<std::uint8_t>();
    std::uint8_t* to = result.fresh_data<std::uint8_t>();
    for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
            // Where the stored picture holds what is seen at (y, x).
            std::int64_t sy = is_turned ? x : y, sx = is_turned ? y : x;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = width - 1 - sx;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = height - 1 - sy;
            std::memcpy(to + (y * columns + x) * 3, from + (sy * width + sx) * 3, 3);
        }
    }
    return result;
}

}  // namespace cotangent::data::detail
