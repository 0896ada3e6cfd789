#include <fmt/format.h>
#include <png.h>

#include "cotangent/data/detail/image_codec.hpp"
#include "cotangent/data/image_file.hpp"

namespace cotangent::data {
namespace detail {

// libpng's simplified interface: any depth and colour kind arrives as 8-bit RGBA, and errors are a message, not a longjmp.
Tensor decode_png(std::span<const std::byte> bytes) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) throw IoError(image.message);
    try {
        check_sides(image.height, image.width, bytes.size());
    } catch (...) {
        png_image_free(&image);
        throw;
    }
    image.format = PNG_FORMAT_RGBA;
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // or 16-bit pictures without a gamma would be taken as linear light
    Tensor rgba = Tensor::uninitialized({image.height, image.width, 4}, Dtype::uint8);
    if (!png_image_finish_read(&image, nullptr, rgba.fresh_data<std::uint8_t>(), 0, nullptr)) throw IoError(image.message);
    return oriented(over_white(rgba), orientation_of_png(bytes));
}

}  // namespace detail

std::vector<std::byte> encode_png(const Tensor& image) {
    detail::check_picture("encode_png", image, {1, 3, 4});
    png_image target{};
    target.version = PNG_IMAGE_VERSION;
    target.height = static_cast<png_uint_32>(image.length(0));
    target.width = static_cast<png_uint_32>(image.length(1));
    target.format = image.length(2) == 1 ? PNG_FORMAT_GRAY : image.length(2) == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(target);
    std::vector<std::byte> bytes(size);
    if (!png_image_write_to_memory(&target, bytes.data(), &size, 0, image.data<std::uint8_t>(), 0, nullptr)) {
        throw Error(fmt::format("encode_png: {}", target.message));
    }
    bytes.resize(size);
    return bytes;
}

}  // namespace cotangent::data
