#pragma once
#include <cstddef>
#include <initializer_list>
#include <span>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent::data::detail {

/// Decoders throw IoError with the reason alone; the caller adds the file. The result is RGB [H, W, 3].
[[nodiscard]] Tensor decode_jpeg(std::span<const std::byte> bytes);
[[nodiscard]] Tensor decode_png(std::span<const std::byte> bytes);

/// The orientation, 1 to 8, of an EXIF block (TIFF), or of the one in a file; 1 where it says nothing that can be
/// understood.
[[nodiscard]] int orientation_of(std::span<const std::byte> tiff);
[[nodiscard]] int orientation_of_png(std::span<const std::byte> file);
[[nodiscard]] int orientation_of_webp(std::span<const std::byte> file);
/// [H, W, 3] as it is to be seen.
[[nodiscard]] Tensor oriented(const Tensor& image, int orientation);

/// [H, W, 4] over white: [H, W, 3].
[[nodiscard]] Tensor over_white(const Tensor& rgba);

/// @throws ShapeError, DtypeError  image is not [H, W, C] uint8 with one of these channels
void check_picture(const char* op, const Tensor& image, std::initializer_list<std::int64_t> channels);

/// Refuses a header before memory is taken for it: a few bytes may claim any size. Sides are at most 2^15; pixels at most
/// 2^28, and above 2^24 at most 8192 for each byte of the file.
/// @throws IoError  the sides are not in range
void check_sides(std::int64_t height, std::int64_t width, std::size_t file_bytes);

}  // namespace cotangent::data::detail
