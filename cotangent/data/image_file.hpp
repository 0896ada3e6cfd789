#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent::data {

/// Reads a JPEG, PNG or WebP file as RGB. Grey, palette and 16-bit pictures are converted; transparent ones are laid over
/// white; CMYK JPEG is converted without its colour profile; the EXIF orientation is applied.
///
/// @return  [H, W, 3]  uint8
/// @throws IoError  the file is absent, damaged, or of another format; the message names it and says why
[[nodiscard]] Tensor read_image(const std::string& path);

/// The same from memory. @throws IoError
[[nodiscard]] Tensor decode_image(std::span<const std::byte> bytes);

/// @param image  [H, W, C]  uint8; C is 1 (grey), 3 (RGB) or 4 (RGBA)
/// @return       the bytes of a PNG file
/// @throws ShapeError, DtypeError  image is not such a picture
[[nodiscard]] std::vector<std::byte> encode_png(const Tensor& image);

/// @param image    [H, W, C]  uint8; C is 3 (RGB) or 4 (RGBA)
/// @param quality  in [0, 100]; 100 keeps every pixel exactly (lossless)
/// @return         the bytes of a WebP file
/// @throws ShapeError, DtypeError, ValueError
[[nodiscard]] std::vector<std::byte> encode_webp(const Tensor& image, int quality = 85);

/// @param image    [H, W, C]  uint8; C is 1 (grey) or 3 (RGB)
/// @param quality  in [1, 100]
/// @return         the bytes of a JPEG file
/// @throws ShapeError, DtypeError, ValueError
[[nodiscard]] std::vector<std::byte> encode_jpeg(const Tensor& image, int quality = 90);

/// Encodes by the extension of the path: .png, .webp, .jpg or .jpeg.
/// @throws ValueError  another extension
/// @throws IoError     the file cannot be written
void write_image(const std::string& path, const Tensor& image);

/// Shrinks by averaging areas, grows by linear interpolation; each axis on its own.
/// @param image  [H, W, C]  uint8
/// @return       [height, width, C]  uint8
/// @throws ShapeError, DtypeError, ValueError
[[nodiscard]] Tensor resize_image(const Tensor& image, int height, int width);

/// Resizes until the shorter side fits, keeping proportions, then cuts out the middle.
/// @return  [height, width, C]  uint8
[[nodiscard]] Tensor resize_and_crop(const Tensor& image, int height, int width);

/// Pictures side by side on one sheet, row by row, to look at them.
/// @param images   [N, H, W, C]  uint8
/// @return         [rows * H, columns * W, C]  uint8; empty places are 0
[[nodiscard]] Tensor tile_images(const Tensor& images, int columns);

}  // namespace cotangent::data
