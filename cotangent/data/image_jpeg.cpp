#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include "cotangent/data/detail/image_codec.hpp"
#include "cotangent/data/image_file.hpp"

namespace cotangent::data {
namespace {

struct ErrorHandler : jpeg_error_mgr {
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
};

void keep_and_jump(j_common_ptr info) {
    auto* handler = static_cast<ErrorHandler*>(info->err);
    handler->format_message(info, handler->text);
    std::longjmp(handler->jump, 1);
}
void stay_quiet(j_common_ptr) {}

void install(jpeg_common_struct* info, ErrorHandler& handler) {
    info->err = jpeg_std_error(&handler);
    handler.error_exit = keep_and_jump;
    handler.output_message = stay_quiet;
    handler.text[0] = '\0';
}

/// The EXIF orientation, 1 to 8, of an APP1 segment; 1 when it says nothing that can be understood.
int orientation_of(std::span<const std::uint8_t> segment) {
    if (segment.size() < 14 || std::memcmp(segment.data(), "Exif\0\0", 6) != 0) return 1;
    const auto tiff = segment.subspan(6);
    const bool is_little = tiff[0] == 'I';
    const auto number = [&](std::size_t at, int bytes) {
        std::uint32_t value = 0;
        if (at + bytes > tiff.size()) return value;
        for (int i = 0; i < bytes; ++i) value |= std::uint32_t(tiff[at + i]) << 8 * (is_little ? i : bytes - 1 - i);
        return value;
    };
    const std::size_t directory = number(4, 4);
    if (directory >= tiff.size()) return 1;
    const std::uint32_t entries = number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + 12 * std::size_t(i);
        if (entry + 12 > tiff.size()) break;
        if (number(entry, 2) != 0x0112) continue;
        const auto value = static_cast<int>(number(entry + 8, 2));
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
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
            // Where the stored picture holds what is seen at (y, x): TIFF 6.0, tag Orientation.
            std::int64_t sy = is_turned ? x : y, sx = is_turned ? y : x;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = width - 1 - sx;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = height - 1 - sy;
            std::memcpy(to + (y * columns + x) * 3, from + (sy * width + sx) * 3, 3);
        }
    }
    return result;
}

/// What must outlive a longjmp; nothing in decode() itself has a destructor.
struct Decoder {
    jpeg_decompress_struct info{};
    ErrorHandler handler{};
    int orientation = 1;
    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() { jpeg_destroy_decompress(&info); }
};

bool read_header(Decoder& decoder, std::span<const std::byte> bytes) {
    jpeg_decompress_struct& info = decoder.info;
    if (setjmp(decoder.handler.jump)) return false;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&info, TRUE);
    for (auto* marker = info.marker_list; marker; marker = marker->next) {
        if (marker->marker != JPEG_APP0 + 1) continue;
        const int found = orientation_of({marker->data, marker->data_length});
        if (found != 1) decoder.orientation = found;
    }
    return true;
}

bool read_pixels(Decoder& decoder, std::uint8_t* to, std::uint8_t* row) {
    jpeg_decompress_struct& info = decoder.info;
    if (setjmp(decoder.handler.jump)) return false;
    const bool is_cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    const std::size_t width = info.output_width;
    while (info.output_scanline < info.output_height) {
        std::uint8_t* target = to + info.output_scanline * width * 3;
        JSAMPROW line = is_cmyk ? row : target;
        jpeg_read_scanlines(&info, &line, 1);
        // Adobe stores ink inverted, 255 for none; everybody followed.
        for (std::size_t x = 0; is_cmyk && x < width; ++x) {
            for (std::size_t c = 0; c < 3; ++c) {
                const int ink = info.saw_Adobe_marker ? row[x * 4 + c] : 255 - row[x * 4 + c];
                const int black = info.saw_Adobe_marker ? row[x * 4 + 3] : 255 - row[x * 4 + 3];
                target[x * 3 + c] = static_cast<std::uint8_t>((ink * black + 127) / 255);
            }
        }
    }
    jpeg_finish_decompress(&info);
    return true;
}

bool compress(jpeg_compress_struct& info, ErrorHandler& handler, const Tensor& image, int quality, unsigned char** data,
              unsigned long* size) {
    if (setjmp(handler.jump)) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, data, size);
    info.image_height = static_cast<JDIMENSION>(image.length(0));
    info.image_width = static_cast<JDIMENSION>(image.length(1));
    info.input_components = static_cast<int>(image.length(2));
    info.in_color_space = image.length(2) == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    const std::size_t row_bytes = static_cast<std::size_t>(image.length(1) * image.length(2));
    while (info.next_scanline < info.image_height) {
        auto* line = const_cast<JSAMPLE*>(image.data<std::uint8_t>() + info.next_scanline * row_bytes);
        jpeg_write_scanlines(&info, &line, 1);
    }
    jpeg_finish_compress(&info);
    return true;
}

}  // namespace

Tensor detail::decode_jpeg(std::span<const std::byte> bytes) {
    Decoder decoder;
    install(reinterpret_cast<jpeg_common_struct*>(&decoder.info), decoder.handler);
    if (!read_header(decoder, bytes)) throw IoError(decoder.handler.text);
    const jpeg_decompress_struct& info = decoder.info;
    check_sides(info.image_height, info.image_width, bytes.size());
    Tensor pixels = Tensor::uninitialized({info.image_height, info.image_width, 3}, Dtype::uint8);
    std::vector<std::uint8_t> row(std::size_t{info.image_width} * 4);
    if (!read_pixels(decoder, pixels.fresh_data<std::uint8_t>(), row.data())) throw IoError(decoder.handler.text);
    // libjpeg paints what is missing grey and warns; a picture that is half there is no picture.
    if (decoder.handler.num_warnings > 0) {
        decoder.handler.format_message(reinterpret_cast<j_common_ptr>(&decoder.info), decoder.handler.text);
        throw IoError(decoder.handler.text);
    }
    return oriented(pixels, decoder.orientation);
}

std::vector<std::byte> encode_jpeg(const Tensor& image, int quality) {
    detail::check_picture("encode_jpeg", image, {1, 3});
    if (quality < 1 || quality > 100) {
        throw ValueError(fmt::format("encode_jpeg: quality is {}, expected one in [1, 100]", quality));
    }
    if (image.length(0) > JPEG_MAX_DIMENSION || image.length(1) > JPEG_MAX_DIMENSION) {
        throw ValueError(fmt::format("encode_jpeg: image has shape {}, expected sides of at most {}",
                                     to_string(image.shape()), JPEG_MAX_DIMENSION));
    }
    jpeg_compress_struct info{};
    ErrorHandler handler{};
    install(reinterpret_cast<jpeg_common_struct*>(&info), handler);
    unsigned char* data = nullptr;
    unsigned long size = 0;
    const bool is_done = compress(info, handler, image, quality, &data, &size);
    std::vector<std::byte> bytes;
    if (is_done) bytes.assign(reinterpret_cast<std::byte*>(data), reinterpret_cast<std::byte*>(data) + size);
    jpeg_destroy_compress(&info);
    std::free(data);
    if (!is_done) throw Error(fmt::format("encode_jpeg: {}", handler.text));
    return bytes;
}

}  // namespace cotangent::data
