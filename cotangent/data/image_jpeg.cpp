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
/// The first warning is the reason; what comes after it overwrites libjpeg's message.
void keep_warning(j_common_ptr info, int level) {
    if (level >= 0) return;  // a trace
    auto* handler = static_cast<ErrorHandler*>(info->err);
    if (handler->num_warnings++ == 0) handler->format_message(info, handler->text);
}
void stay_quiet(j_common_ptr) {}

void install(jpeg_common_struct* info, ErrorHandler& handler) {
    info->err = jpeg_std_error(&handler);
    handler.error_exit = keep_and_jump;
    handler.emit_message = keep_warning;
    handler.output_message = stay_quiet;
    handler.text[0] = '\0';
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
        const std::span<const std::uint8_t> segment{marker->data, marker->data_length};
        if (segment.size() < 6 || std::memcmp(segment.data(), "Exif\0\0", 6) != 0) continue;
        const int found = detail::orientation_of(std::as_bytes(segment.subspan(6)));
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
    if (decoder.handler.num_warnings > 0) throw IoError(decoder.handler.text);
    return detail::oriented(pixels, decoder.orientation);
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
