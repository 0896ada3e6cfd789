#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cotangent/data/dataset.hpp"

namespace cotangent::data {

/// One emoji of Unicode's list.
struct Emoji {
    std::u32string code_points;  ///< fully qualified, such as U+1F1E8 U+1F1ED
    std::string name;            ///< `flag: Switzerland`
    std::string group;           ///< `Flags`
    std::string subgroup;        ///< `country-flag`
};

/// The text of an emoji in UTF-8.
[[nodiscard]] std::string to_utf8(const Emoji& emoji);

/// Pictures of emoji with their place in Unicode's order.
struct EmojiDataset {
    Tensor images;                         ///< [N, S, S, 4]  uint8 RGBA, straight (not premultiplied) alpha
    Tensor labels;                         ///< [N]  int64: the emoji's group
    std::vector<std::string> class_names;  ///< the nine groups, as Unicode names and orders them
    std::vector<Emoji> emoji;              ///< [N]

    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(emoji.size()); }
};

struct EmojiOptions {
    int size = 32;  ///< pixels along each side; the font's own bitmaps are 136 x 128
    std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";  ///< package fonts-noto-color-emoji
    std::string list = "/usr/share/unicode/emoji/emoji-test.txt";            ///< package unicode-data
};

/// The default data set: about 1,800 colourful pictures, made in about half a second from two files of the system.
///
/// Every fully qualified emoji of the list is shaped with HarfBuzz and drawn with FreeType, in the list's order. Left out
/// are skin tones (U+1F3FB..U+1F3FF), the group Component, sequences for which the font has no single glyph, and emoji drawn
/// with the pixels of an earlier one (Norway's flag is also that of Svalbard): no picture is in the data twice.
///
/// @throws IoError     a file is absent or not what it should be; the message names its Debian package
/// @throws ValueError  size is outside [1, 1024]
[[nodiscard]] EmojiDataset load_emoji(const EmojiOptions& options = {});

/// The emoji `indices` of a dataset, in that order. @throws ValueError  an index is outside the dataset
[[nodiscard]] EmojiDataset subset(const EmojiDataset& dataset, std::span<const std::int64_t> indices);

struct Color {
    std::uint8_t red = 255, green = 255, blue = 255;
};

/// RGBA pictures over a plain background: [N, S, S, 4] to [N, S, S, 3], both uint8.
[[nodiscard]] Tensor compose(const Tensor& rgba, Color background = {});

/// The emoji over a plain background, with their names: images [N, S, S, 3].
[[nodiscard]] ImageDataset compose(const EmojiDataset& dataset, Color background = {});

/// The same without a background, for random_background(): images [N, S, S, 4].
[[nodiscard]] ImageDataset with_alpha(const EmojiDataset& dataset);

/// Which part an emoji belongs to, for ever and on every machine: with h = FNV-1a (64 bits) of its text in UTF-8,
/// h mod 10 of 0 and 1 is test, 2 is validation, the rest is train.
[[nodiscard]] Part part_of(const Emoji& emoji);

/// The emoji of one part, about 70 %, 10 % and 20 % of all.
[[nodiscard]] EmojiDataset part(const EmojiDataset& dataset, Part which);

}  // namespace cotangent::data
