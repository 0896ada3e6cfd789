#include "cotangent/data/image_file.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <span>

#include "cotangent/data/detail/mutate.hpp"
#include "tests/temporary_folder.hpp"

namespace data = cotangent::data;
using cotangent::Tensor;

namespace {

Tensor gradient(std::int64_t height, std::int64_t width, std::int64_t channels) {
    std::vector<std::uint8_t> pixels;
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            for (std::int64_t c = 0; c < channels; ++c)
                pixels.push_back(static_cast<std::uint8_t>(c == 3 ? (x < width / 2 ? 255 : 0) : 20 + y * 2 + x * (c + 1)));
    return Tensor::from(pixels, {height, width, channels});
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    const auto x = a.values<std::uint8_t>(), y = b.values<std::uint8_t>();
    double largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(double(x[i]) - double(y[i])));
    return largest;
}

/// A TIFF block that holds nothing but an orientation.
std::vector<std::byte> exif_of(int orientation, bool is_little) {
    std::vector<std::byte> tiff;
    const auto put = [&](std::uint32_t value, int size) {
        for (int i = 0; i < size; ++i) tiff.push_back(static_cast<std::byte>(value >> 8 * (is_little ? i : size - 1 - i)));
    };
    tiff.assign(2, static_cast<std::byte>(is_little ? 'I' : 'M'));
    put(42, 2);
    put(8, 4);
    put(1, 2);
    put(0x0112, 2);
    put(3, 2);
    put(1, 4);
    put(static_cast<std::uint32_t>(orientation), 2);
    put(0, 2);
    put(0, 4);
    return tiff;
}

void append(std::vector<std::byte>& to, std::string_view text) {
    for (const char c : text) to.push_back(static_cast<std::byte>(c));
}
void append_number(std::vector<std::byte>& to, std::uint32_t value, int size, bool is_little) {
    for (int i = 0; i < size; ++i) to.push_back(static_cast<std::byte>(value >> 8 * (is_little ? i : size - 1 - i)));
}

std::vector<std::byte> jpeg_with(std::vector<std::byte> file, const std::vector<std::byte>& exif) {
    std::vector<std::byte> segment;
    append(segment, "\xff\xe1");
    append_number(segment, static_cast<std::uint32_t>(exif.size() + 8), 2, false);
    append(segment, std::string_view("Exif\0\0", 6));
    segment.insert(segment.end(), exif.begin(), exif.end());
    file.insert(file.begin() + 2, segment.begin(), segment.end());
    return file;
}

std::vector<std::byte> png_with(std::vector<std::byte> file, const std::vector<std::byte>& exif) {
    std::vector<std::byte> chunk;
    append_number(chunk, static_cast<std::uint32_t>(exif.size()), 4, false);
    append(chunk, "eXIf");
    chunk.insert(chunk.end(), exif.begin(), exif.end());
    append_number(chunk,
                  static_cast<std::uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(chunk.data() + 4), static_cast<uInt>(exif.size() + 4))),
                  4, false);
    file.insert(file.begin() + 33, chunk.begin(), chunk.end());  // after the header
    return file;
}

/// The extended container around a simple one.
std::vector<std::byte> webp_with(const std::vector<std::byte>& file, const std::vector<std::byte>& exif, std::uint32_t width,
                                 std::uint32_t height) {
    std::vector<std::byte> inside;
    append(inside, "WEBPVP8X");
    append_number(inside, 10, 4, true);
    append_number(inside, 0x08, 4, true);  // it has EXIF
    append_number(inside, width - 1, 3, true);
    append_number(inside, height - 1, 3, true);
    inside.insert(inside.end(), file.begin() + 12, file.end());
    append(inside, "EXIF");
    append_number(inside, static_cast<std::uint32_t>(exif.size()), 4, true);
    inside.insert(inside.end(), exif.begin(), exif.end());
    std::vector<std::byte> all;
    append(all, "RIFF");
    append_number(all, static_cast<std::uint32_t>(inside.size()), 4, true);
    all.insert(all.end(), inside.begin(), inside.end());
    return all;
}

}  // namespace

TEST_CASE("PNG and lossless WebP give back every pixel") {
    const Tensor image = gradient(17, 23, 3);
    CHECK(largest_difference(data::decode_image(data::encode_png(image)), image) == 0);
    CHECK(largest_difference(data::decode_image(data::encode_webp(image, 100)), image) == 0);
}

TEST_CASE("lossy formats stay close") {
    const Tensor image = gradient(32, 32, 3);
    CHECK(largest_difference(data::decode_image(data::encode_jpeg(image, 95)), image) <= 12);
    CHECK(largest_difference(data::decode_image(data::encode_webp(image, 95)), image) <= 16);
}

TEST_CASE("grey becomes RGB and transparency white") {
    const Tensor grey = data::decode_image(data::encode_png(gradient(4, 6, 1)));
    CHECK(grey.shape() == cotangent::Shape{4, 6, 3});
    CHECK(grey.values<std::uint8_t>()[0] == 20);
    CHECK(grey.values<std::uint8_t>()[2] == 20);
    for (const auto& bytes : {data::encode_png(gradient(4, 6, 4)), data::encode_webp(gradient(4, 6, 4), 100)}) {
        const Tensor image = data::decode_image(bytes);
        CHECK(image.values<std::uint8_t>()[0] == 20);
        CHECK(image.values<std::uint8_t>()[3 * 3] == 255);
    }
    CHECK(data::decode_image(data::encode_jpeg(gradient(8, 8, 1))).shape() == cotangent::Shape{8, 8, 3});
}

TEST_CASE("the EXIF orientation of JPEG, PNG and WebP is applied, in both byte orders") {
    // Left half black, right half white, 16 x 8; each orientation says where the first row and column are.
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 16; ++x)
            for (int c = 0; c < 3; ++c) pixels.push_back(x < 8 ? (y < 4 ? 0 : 80) : 255);
    const Tensor picture = Tensor::from(pixels, {8, 16, 3});
    // TIFF 6.0: the corner where the stored top left (black) is seen.
    const bool is_at_bottom[] = {false, false, true, true, false, false, true, true};
    const bool is_at_right[] = {false, true, true, false, false, true, true, false};
    for (int each = 0; each < 8 * 2 * 3; ++each) {
        const int orientation = 1 + each % 8, format = each / 16;
        const bool is_little = each / 8 % 2 == 1;
        CAPTURE(orientation);
        CAPTURE(format);
        CAPTURE(is_little);
        const std::vector<std::byte> exif = exif_of(orientation, is_little);
        const std::vector<std::byte> bytes = format == 0   ? jpeg_with(data::encode_jpeg(picture, 100), exif)
                                             : format == 1 ? png_with(data::encode_png(picture), exif)
                                                           : webp_with(data::encode_webp(picture, 100), exif, 16, 8);
        const Tensor image = data::decode_image(bytes);
        const bool is_turned = orientation >= 5;
        REQUIRE(image.shape() == (is_turned ? cotangent::Shape{16, 8, 3} : cotangent::Shape{8, 16, 3}));
        const auto at = [&](bool bottom, bool right) {
            const std::int64_t y = bottom ? image.length(0) - 1 : 0, x = right ? image.length(1) - 1 : 0;
            return int(image.data<std::uint8_t>()[(y * image.length(1) + x) * 3]);
        };
        const bool bottom = is_at_bottom[orientation - 1], right = is_at_right[orientation - 1];
        CHECK(at(bottom, right) < 40);
        // The stored bottom left (grey 80) lies across the stored rows.
        const int across = is_turned ? at(bottom, !right) : at(!bottom, right);
        CHECK((across > 60 && across < 110));
        CHECK(at(!bottom, !right) > 220);
    }
}

TEST_CASE("resizing keeps constants, averages areas and interpolates") {
    const Tensor constant = Tensor::from(std::vector<std::uint8_t>(7 * 5 * 3, 93), {7, 5, 3});
    for (const auto& [height, width] : {std::pair{3, 2}, std::pair{14, 11}, std::pair{1, 20}}) {
        const Tensor image = data::resize_image(constant, height, width);
        CHECK(image.shape() == cotangent::Shape{height, width, 3});
        for (const auto v : image.values<std::uint8_t>()) CHECK(v == 93);
    }
    const Tensor four = Tensor::from(std::vector<std::uint8_t>{0, 10, 20, 30, 40, 50, 60, 70}, {2, 4, 1});
    CHECK(data::resize_image(four, 1, 2).to_vector<int>() == std::vector<int>{25, 45});
    const Tensor two = Tensor::from(std::vector<std::uint8_t>{0, 100}, {1, 2, 1});
    CHECK(data::resize_image(two, 1, 4).to_vector<int>() == std::vector<int>{0, 25, 75, 100});
    CHECK(data::resize_and_crop(four, 2, 2).to_vector<int>() == std::vector<int>{10, 20, 50, 60});
    CHECK_THROWS_AS((void)data::resize_image(four, 0, 2), cotangent::ValueError);
}

TEST_CASE("what cannot be read says which file and why") {
    CHECK_THROWS_WITH_AS((void)data::read_image("/nowhere/a.png"),
                         "read_image: cannot read /nowhere/a.png: No such file or directory", cotangent::IoError);
    const std::vector<std::byte> text(20, std::byte{'x'});
    CHECK_THROWS_WITH_AS((void)data::decode_image(text), "decode_image: it is not JPEG, PNG or WebP", cotangent::IoError);
    const Tensor image = gradient(40, 40, 3);
    auto half = data::encode_jpeg(image);
    half.resize(half.size() - 2);
    CHECK_THROWS_WITH_AS((void)data::decode_image(half), "decode_image: Premature end of JPEG file", cotangent::IoError);
    for (auto bytes : {data::encode_png(image), data::encode_jpeg(image), data::encode_webp(image)}) {
        bytes.resize(bytes.size() / 2);
        CHECK_THROWS_AS((void)data::decode_image(bytes), cotangent::IoError);
    }
    CHECK_THROWS_WITH_AS((void)data::encode_jpeg(gradient(2, 2, 4)),
                         "encode_jpeg: image has shape [2, 2, 4], expected [H, W, C] with C 1 or 3", cotangent::ShapeError);
}

TEST_CASE("write_image chooses the format by the extension") {
    const cotangent::testing::TemporaryFolder folder;
    for (const char* file : {"a.png", "a.webp", "a.JPG"}) {
        data::write_image(folder / file, gradient(16, 16, 3));
        CHECK(largest_difference(data::read_image(folder / file), gradient(16, 16, 3)) <= 30);
    }
    CHECK_THROWS_AS(data::write_image(folder / "a.bmp", gradient(16, 16, 3)), cotangent::ValueError);
}

TEST_CASE("mutated pictures are read or refused") {
    const Tensor image = gradient(24, 20, 3);
    for (const auto& bytes :
         {data::encode_png(image), data::encode_jpeg(image), data::encode_webp(image), data::encode_webp(image, 100)}) {
        CHECK(data::testing::survive_mutations(bytes, 1500, [](const auto& mutated) { (void)data::decode_image(mutated); }) >
              100);
    }
}

TEST_CASE("16-bit and palette PNG keep their brightness") {
    // Written by Pillow: grey 0x4000 and 0x80ff; colours 1 and 0 of a palette of two.
    const unsigned char grey[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                  0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x10, 0x00, 0x00, 0x00,
                                  0x00, 0x81, 0xd9, 0xfc, 0x15, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78,
                                  0x9c, 0x63, 0x74, 0x60, 0x70, 0xf8, 0x0f, 0x00, 0x02, 0x89, 0x01, 0x81, 0x6c, 0xfc,
                                  0x47, 0x79, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    const unsigned char palette[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
        0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x01, 0x03, 0x00, 0x00, 0x00, 0xce, 0xec, 0xed, 0xc9, 0x00,
        0x00, 0x00, 0x06, 0x50, 0x4c, 0x54, 0x45, 0x0a, 0x14, 0x1e, 0xc8, 0x64, 0x32, 0x77, 0xa0, 0xb3, 0x9c,
        0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00,
        0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    const auto a = data::decode_image(std::as_bytes(std::span(grey))).to_vector<int>();
    CHECK(std::abs(a[0] - 0x40) <= 1);
    CHECK(std::abs(a[3] - 0x80) <= 1);
    CHECK(data::decode_image(std::as_bytes(std::span(palette))).to_vector<int>() ==
          std::vector<int>{200, 100, 50, 10, 20, 30});
}
