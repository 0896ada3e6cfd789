#include "cotangent/data/image_file.hpp"

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/image_codec.hpp"
#include "cotangent/data/detail/resample.hpp"

namespace cotangent::data {
namespace {

Tensor decode_webp(std::span<const std::byte> bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) throw IoError("the WebP header is damaged");
    if (features.has_animation) throw IoError("it is an animation, expected one WebP picture");
    detail::check_sides(features.height, features.width, bytes.size());
    Tensor rgba = Tensor::uninitialized({features.height, features.width, 4}, Dtype::uint8);
    if (!WebPDecodeRGBAInto(data, bytes.size(), rgba.fresh_data<std::uint8_t>(), rgba.bytes(), features.width * 4)) {
        throw IoError("the WebP data is damaged or cut short");
    }
    return detail::oriented(detail::over_white(rgba), detail::orientation_of_webp(bytes));
}

bool starts_with(std::span<const std::byte> bytes, std::size_t offset, std::string_view magic) {
    return bytes.size() >= offset + magic.size() && std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

Tensor decode(std::span<const std::byte> bytes) {
    if (starts_with(bytes, 0, "\xff\xd8\xff")) return detail::decode_jpeg(bytes);
    if (starts_with(bytes, 0, "\x89PNG\r\n\x1a\n")) return detail::decode_png(bytes);
    if (starts_with(bytes, 0, "RIFF") && starts_with(bytes, 8, "WEBP")) return decode_webp(bytes);
    throw IoError("it is not JPEG, PNG or WebP");
}

}  // namespace

namespace detail {

void check_picture(const char* op, const Tensor& image, std::initializer_list<std::int64_t> channels) {
    if (image.rank() != 3 || image.is_empty() ||
        std::find(channels.begin(), channels.end(), image.length(2)) == channels.end()) {
        std::string allowed;
        for (const auto c : channels) allowed += fmt::format("{}{}", allowed.empty() ? "" : " or ", c);
        throw ShapeError(
            fmt::format("{}: image has shape {}, expected [H, W, C] with C {}", op, to_string(image.shape()), allowed));
    }
    if (image.dtype() != Dtype::uint8) {
        throw DtypeError(fmt::format("{}: image has dtype {}, expected uint8", op, name(image.dtype())));
    }
}

void check_sides(std::int64_t height, std::int64_t width, std::size_t file_bytes) {
    constexpr std::int64_t longest = 1 << 15, always = 1 << 24, most = 1 << 28;
    const std::int64_t allowed =
        std::clamp(static_cast<std::int64_t>(std::min<std::size_t>(file_bytes, most)) * 8192, always, most);
    if (height < 1 || width < 1 || height > longest || width > longest || height * width > allowed) {
        throw IoError(
            fmt::format("it claims to be {} x {} pixels, more than a file of {} bytes may", width, height, file_bytes));
    }
}

Tensor over_white(const Tensor& rgba) {
    Tensor rgb = Tensor::uninitialized({rgba.length(0), rgba.length(1), 3}, Dtype::uint8);
    const std::uint8_t* from = rgba.data<std::uint8_t>();
    std::uint8_t* to = rgb.fresh_data<std::uint8_t>();
    for (std::int64_t p = 0; p < rgba.size() / 4; ++p) {
        const int alpha = from[p * 4 + 3];
        for (int c = 0; c < 3; ++c) {
            to[p * 3 + c] = static_cast<std::uint8_t>((from[p * 4 + c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }
    return rgb;
}

}  // namespace detail

Tensor decode_image(std::span<const std::byte> bytes) {
    try {
        return decode(bytes);
    } catch (const IoError& error) {
        throw IoError(fmt::format("decode_image: {}", error.what()));
    }
}

Tensor read_image(const std::string& path) {
    const auto bytes = detail::read_file("read_image", path);
    try {
        return decode(bytes);
    } catch (const IoError& error) {
        throw IoError(fmt::format("read_image: cannot read {}: {}", path, error.what()));
    }
}

std::vector<std::byte> encode_webp(const Tensor& image, int quality) {
    detail::check_picture("encode_webp", image, {3, 4});
    if (quality < 0 || quality > 100) {
        throw ValueError(fmt::format("encode_webp: quality is {}, expected one in [0, 100]", quality));
    }
    if (image.length(0) > WEBP_MAX_DIMENSION || image.length(1) > WEBP_MAX_DIMENSION) {
        throw ValueError(fmt::format("encode_webp: image has shape {}, expected sides of at most {}",
                                     to_string(image.shape()), WEBP_MAX_DIMENSION));
    }
    const auto* pixels = image.data<std::uint8_t>();
    const int height = static_cast<int>(image.length(0)), width = static_cast<int>(image.length(1));
    const bool has_alpha = image.length(2) == 4;
    // Not the simple API: its lossless form drops colours where alpha is 0, and ours promises every pixel.
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigInit(&config) || !WebPPictureInit(&picture)) throw Error("encode_webp: libwebp has another version");
    config.quality = static_cast<float>(quality);
    if (quality == 100) {
        WebPConfigLosslessPreset(&config, 6);
        config.exact = 1;
    }
    WebPMemoryWriter writer;
    WebPMemoryWriterInit(&writer);
    picture.use_argb = config.lossless;
    picture.width = width;
    picture.height = height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    const bool imported =
        has_alpha ? WebPPictureImportRGBA(&picture, pixels, width * 4) : WebPPictureImportRGB(&picture, pixels, width * 3);
    const bool encoded = imported && WebPEncode(&config, &picture);
    WebPPictureFree(&picture);
    std::vector<std::byte> result(reinterpret_cast<std::byte*>(writer.mem),
                                  reinterpret_cast<std::byte*>(writer.mem) + writer.size);
    WebPMemoryWriterClear(&writer);
    if (!encoded) throw Error(fmt::format("encode_webp: libwebp failed with code {}", static_cast<int>(picture.error_code)));
    return result;
}

void write_image(const std::string& path, const Tensor& image) {
    std::string extension = std::filesystem::path(path).extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
    std::vector<std::byte> bytes;
    if (extension == ".png") bytes = encode_png(image);
    else if (extension == ".webp") bytes = encode_webp(image);
    else if (extension == ".jpg" || extension == ".jpeg") bytes = encode_jpeg(image);
    else throw ValueError(fmt::format("write_image: {} ends with `{}`, expected .png, .webp or .jpg", path, extension));
    detail::write_file("write_image", path, bytes);
}

Tensor resize_image(const Tensor& image, int height, int width) {
    detail::check_picture("resize_image", image, {1, 2, 3, 4});
    if (height < 1 || width < 1 || height > (1 << 16) || width > (1 << 16)) {
        throw ValueError(fmt::format("resize_image: the new size is {} x {}, expected sides in [1, 65536]", height, width));
    }
    if (image.length(0) == height && image.length(1) == width) return image;
    const int channels = static_cast<int>(image.length(2));
    const auto values = image.values<std::uint8_t>();
    const std::vector<float> pixels(values.begin(), values.end());
    const auto scaled = detail::resample(pixels.data(), static_cast<int>(image.length(0)), static_cast<int>(image.length(1)),
                                         height, width, channels);
    Tensor result = Tensor::uninitialized({height, width, channels}, Dtype::uint8);
    std::transform(scaled.begin(), scaled.end(), result.fresh_data<std::uint8_t>(),
                   [](float v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5f, 0.0f, 255.0f)); });
    return result;
}

Tensor resize_and_crop(const Tensor& image, int height, int width) {
    detail::check_picture("resize_and_crop", image, {1, 2, 3, 4});
    if (height < 1 || width < 1) {
        throw ValueError(fmt::format("resize_and_crop: the new size is {} x {}, expected at least 1 x 1", height, width));
    }
    const double in_height = static_cast<double>(image.length(0)), in_width = static_cast<double>(image.length(1));
    const double scale = std::max(height / in_height, width / in_width);
    const double wide = std::round(in_width * scale), tall = std::round(in_height * scale);
    if (std::max(wide, tall) > (1 << 16)) {
        throw ValueError(fmt::format("resize_and_crop: image has shape {}, too long and thin for {} x {}",
                                     to_string(image.shape()), height, width));
    }
    const Tensor scaled =
        resize_image(image, std::max(height, static_cast<int>(tall)), std::max(width, static_cast<int>(wide)));
    const std::int64_t channels = image.length(2);
    const std::int64_t top = (scaled.length(0) - height) / 2, left = (scaled.length(1) - width) / 2;
    Tensor result = Tensor::uninitialized({height, width, channels}, Dtype::uint8);
    for (std::int64_t y = 0; y < height; ++y) {
        std::memcpy(result.fresh_data<std::uint8_t>() + y * width * channels,
                    scaled.data<std::uint8_t>() + ((y + top) * scaled.length(1) + left) * channels,
                    static_cast<std::size_t>(width * channels));
    }
    return result;
}

Tensor tile_images(const Tensor& images, int columns) {
    if (images.rank() != 4 || images.dtype() != Dtype::uint8) {
        throw ShapeError(fmt::format("tile_images: images are {} {}, expected uint8 [N, H, W, C]", name(images.dtype()),
                                     to_string(images.shape())));
    }
    if (columns < 1) throw ValueError(fmt::format("tile_images: columns is {}, expected at least 1", columns));
    const std::int64_t count = images.length(0), height = images.length(1), row = images.length(2) * images.length(3);
    const std::int64_t rows = (count + columns - 1) / columns;
    Tensor sheet = Tensor::uninitialized({rows * height, columns * images.length(2), images.length(3)}, Dtype::uint8);
    if (sheet.is_empty()) return sheet;
    std::uint8_t* to = sheet.fresh_data<std::uint8_t>();
    std::memset(to, 0, sheet.bytes());
    for (std::int64_t n = 0; n < count; ++n) {
        for (std::int64_t y = 0; y < height; ++y) {
            std::memcpy(to + ((n / columns * height + y) * columns + n % columns) * row,
                        images.data<std::uint8_t>() + (n * height + y) * row, static_cast<std::size_t>(row));
        }
    }
    return sheet;
}

}  // namespace cotangent::data
