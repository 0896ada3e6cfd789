#include "cotangent/data/emoji.hpp"

#include <fmt/format.h>
#include <ft2build.h>
#include <hb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>

#include FT_FREETYPE_H

#include "cotangent/data/detail/emoji_list.hpp"
#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/resample.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::data {
namespace {

constexpr const char* font_package = "fonts-noto-color-emoji";

std::vector<std::byte> read_packaged_file(const std::filesystem::path& path, const char* package) {
    try {
        return detail::read_file("emoji", path);
    } catch (const IoError& error) {
        throw IoError(fmt::format("{} (it comes with `apt-get install {}`)", error.what(), package));
    }
}

/// The font as one thread uses it; FreeType and HarfBuzz objects are not shared between threads.
class Painter {
public:
    explicit Painter(std::span<const std::byte> font, const std::filesystem::path& path) {
        const auto* data = reinterpret_cast<const FT_Byte*>(font.data());
        FT_Library library = nullptr;
        if (FT_Init_FreeType(&library) != 0) throw Error("emoji: FreeType does not start");
        library_.reset(library);
        FT_Face face = nullptr;
        if (FT_New_Memory_Face(library, data, static_cast<FT_Long>(font.size()), 0, &face) != 0) {
            throw IoError(
                fmt::format("emoji: {} is not a font that FreeType reads (package {})", path.string(), font_package));
        }
        face_.reset(face);
        if (!FT_HAS_COLOR(face) || face->num_fixed_sizes < 1 || FT_Select_Size(face, 0) != 0) {
            throw IoError(fmt::format("emoji: {} has no colour bitmaps, expected NotoColorEmoji.ttf (package {})",
                                      path.string(), font_package));
        }
        const std::unique_ptr<hb_blob_t, decltype(&hb_blob_destroy)> blob(
            hb_blob_create(reinterpret_cast<const char*>(font.data()), static_cast<unsigned>(font.size()),
                           HB_MEMORY_MODE_READONLY, nullptr, nullptr),
            hb_blob_destroy);
        const std::unique_ptr<hb_face_t, decltype(&hb_face_destroy)> shapes(hb_face_create(blob.get(), 0), hb_face_destroy);
        font_.reset(hb_font_create(shapes.get()));
        buffer_.reset(hb_buffer_create());
    }

    /// The one glyph that stands for the whole text, or 0.
    hb_codepoint_t shape(const std::u32string& text) {
        hb_buffer_clear_contents(buffer_.get());
        hb_buffer_add_utf32(buffer_.get(), reinterpret_cast<const std::uint32_t*>(text.data()),
                            static_cast<int>(text.size()), 0, static_cast<int>(text.size()));
        // Set, not guessed: a guess asks for the process's locale.
        hb_buffer_set_script(buffer_.get(), HB_SCRIPT_COMMON);
        hb_buffer_set_direction(buffer_.get(), HB_DIRECTION_LTR);
        hb_buffer_set_flags(buffer_.get(), HB_BUFFER_FLAG_REMOVE_DEFAULT_IGNORABLES);
        hb_shape(font_.get(), buffer_.get(), nullptr, 0);
        unsigned count = 0;
        const hb_glyph_info_t* glyphs = hb_buffer_get_glyph_infos(buffer_.get(), &count);
        return count == 1 ? glyphs[0].codepoint : 0;
    }

    /// Draws a glyph in the middle of [size, size, 4]; false when the font has no bitmap for it.
    bool draw(hb_codepoint_t glyph, int size, std::uint8_t* to) {
        if (FT_Load_Glyph(face_.get(), glyph, FT_LOAD_COLOR) != 0) return false;
        const FT_Bitmap& bitmap = face_->glyph->bitmap;
        if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.width == 0 || bitmap.rows == 0) return false;
        const int width = static_cast<int>(bitmap.width), height = static_cast<int>(bitmap.rows);
        pixels_.resize(static_cast<std::size_t>(width) * height * 4);
        for (int y = 0; y < height; ++y) {
            const unsigned char* row = bitmap.buffer + static_cast<std::ptrdiff_t>(y) * bitmap.pitch;
            std::copy(row, row + width * 4, pixels_.begin() + static_cast<std::ptrdiff_t>(y) * width * 4);
        }
        const int longer = std::max(width, height);
        const int out_width = std::max(1, (width * size + longer / 2) / longer);
        const int out_height = std::max(1, (height * size + longer / 2) / longer);
        const int left = (size - out_width) / 2, top = (size - out_height) / 2;
        // FreeType gives premultiplied BGRA, the form in which averaging is right.
        const auto scaled = detail::resample(pixels_.data(), height, width, out_height, out_width, 4);
        for (int y = 0; y < out_height; ++y) {
            for (int x = 0; x < out_width; ++x) {
                const float* from = scaled.data() + (y * out_width + x) * 4;
                std::uint8_t* pixel = to + ((y + top) * size + x + left) * 4;
                const float alpha = from[3];
                if (alpha < 0.5f) continue;
                for (int c = 0; c < 3; ++c) {
                    pixel[c] = static_cast<std::uint8_t>(std::lrint(std::min(255.0f, from[2 - c] * 255.0f / alpha)));
                }
                pixel[3] = static_cast<std::uint8_t>(std::lrint(std::min(255.0f, alpha)));
            }
        }
        return true;
    }

private:
    struct Free {
        void operator()(FT_Library library) const { FT_Done_FreeType(library); }
        void operator()(FT_Face face) const { FT_Done_Face(face); }
        void operator()(hb_font_t* font) const { hb_font_destroy(font); }
        void operator()(hb_buffer_t* buffer) const { hb_buffer_destroy(buffer); }
    };
    std::unique_ptr<std::remove_pointer_t<FT_Library>, Free> library_;
    std::unique_ptr<std::remove_pointer_t<FT_Face>, Free> face_;
    std::unique_ptr<hb_font_t, Free> font_;
    std::unique_ptr<hb_buffer_t, Free> buffer_;
    std::vector<float> pixels_;
};

std::vector<std::string> groups_of(const std::vector<Emoji>& emoji) {
    std::vector<std::string> groups;
    for (const Emoji& one : emoji) {
        if (std::find(groups.begin(), groups.end(), one.group) == groups.end()) groups.push_back(one.group);
    }
    return groups;
}

std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

ImageDataset to_pictures(const EmojiDataset& dataset, Tensor images) {
    ImageDataset result{
        .images = std::move(images), .labels = dataset.labels, .class_names = dataset.class_names, .names = {}};
    for (const Emoji& one : dataset.emoji) result.names.push_back(one.name);
    return result;
}

}  // namespace

std::string to_utf8(const Emoji& emoji) {
    std::string text;
    for (const char32_t c : emoji.code_points) {
        const auto tail = [&](int shift) { text.push_back(static_cast<char>(0x80 | (c >> shift & 0x3f))); };
        if (c < 0x80) {
            text.push_back(static_cast<char>(c));
        } else if (c < 0x800) {
            text.push_back(static_cast<char>(0xc0 | c >> 6)), tail(0);
        } else if (c < 0x10000) {
            text.push_back(static_cast<char>(0xe0 | c >> 12)), tail(6), tail(0);
        } else {
            text.push_back(static_cast<char>(0xf0 | c >> 18)), tail(12), tail(6), tail(0);
        }
    }
    return text;
}

EmojiDataset load_emoji(const EmojiOptions& options) {
    const int size = options.size;
    if (size < 1 || size > 1024) throw ValueError(fmt::format("emoji: size is {}, expected one in [1, 1024]", size));
    const auto list = read_packaged_file(options.list, detail::emoji_list_package);
    const std::vector<Emoji> listed =
        detail::parse_emoji_list({reinterpret_cast<const char*>(list.data()), list.size()}, options.list);
    const std::vector<std::byte> font = read_packaged_file(options.font, font_package);

    const auto count = static_cast<std::int64_t>(listed.size());
    const std::size_t picture_bytes = static_cast<std::size_t>(size) * size * 4;
    std::vector<std::vector<std::uint8_t>> pictures(listed.size());
    constexpr std::int64_t grain = 128;  // enough to outweigh opening the font
    parallel_for(count, grain, [&](std::int64_t first, std::int64_t last) {
        Painter painter(font, options.font);
        for (std::int64_t i = first; i < last; ++i) {
            const hb_codepoint_t glyph = painter.shape(listed[i].code_points);
            std::vector<std::uint8_t> picture(picture_bytes);
            if (glyph != 0 && painter.draw(glyph, size, picture.data())) pictures[i] = std::move(picture);
        }
    });

    EmojiDataset result;
    result.class_names = groups_of(listed);
    std::vector<std::int64_t> labels;
    std::vector<std::uint8_t> pixels;
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const auto& picture = pictures[i];
        if (picture.empty()) continue;
        if (!seen.emplace(reinterpret_cast<const char*>(picture.data()), picture.size()).second) continue;
        const auto group = std::find(result.class_names.begin(), result.class_names.end(), listed[i].group);
        labels.push_back(group - result.class_names.begin());
        pixels.insert(pixels.end(), picture.begin(), picture.end());
        result.emoji.push_back(listed[i]);
    }
    if (result.emoji.empty()) {
        throw IoError(fmt::format("emoji: {} draws no emoji of {}", options.font, options.list));
    }
    result.labels = Tensor::from(labels, {result.size()});
    result.images = Tensor::from(pixels, {result.size(), size, size, 4});
    return result;
}

EmojiDataset subset(const EmojiDataset& dataset, std::span<const std::int64_t> indices) {
    EmojiDataset result{.images = take_rows(dataset.images, indices),
                        .labels = take_rows(dataset.labels, indices),
                        .class_names = dataset.class_names,
                        .emoji = {}};
    for (const std::int64_t index : indices) result.emoji.push_back(dataset.emoji.at(static_cast<std::size_t>(index)));
    return result;
}

Tensor compose(const Tensor& rgba, Color background) {
    Shape shape = rgba.shape();
    if (shape.rank() != 4 || shape[3] != 4) {
        throw ShapeError(fmt::format("compose: images have shape {}, expected [N, S, S, 4]", to_string(shape)));
    }
    shape[3] = 3;
    Tensor images = Tensor::uninitialized(shape, Dtype::uint8);
    const auto from = rgba.values<std::uint8_t>();
    const auto to = images.mutable_values<std::uint8_t>();
    const int behind[3] = {background.red, background.green, background.blue};
    for (std::size_t p = 0; p < to.size() / 3; ++p) {
        const int alpha = from[p * 4 + 3];
        for (std::size_t c = 0; c < 3; ++c) {
            to[p * 3 + c] = static_cast<std::uint8_t>((from[p * 4 + c] * alpha + behind[c] * (255 - alpha) + 127) / 255);
        }
    }
    return images;
}

ImageDataset compose(const EmojiDataset& dataset, Color background) {
    return to_pictures(dataset, compose(dataset.images, background));
}

ImageDataset with_alpha(const EmojiDataset& dataset) { return to_pictures(dataset, dataset.images); }

Part part_of(const Emoji& emoji) {
    const std::uint64_t tenth = fnv1a(to_utf8(emoji)) % 10;
    return tenth < 2 ? Part::test : tenth == 2 ? Part::validation : Part::train;
}

EmojiDataset part(const EmojiDataset& dataset, Part which) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        if (part_of(dataset.emoji[static_cast<std::size_t>(i)]) == which) indices.push_back(i);
    }
    return subset(dataset, indices);
}

}  // namespace cotangent::data
