#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cotangent/data/emoji.hpp"

namespace cotangent::data::detail {

inline constexpr const char* emoji_list_package = "unicode-data";

/// The fully qualified emoji of Unicode's emoji-test.txt without skin tones and the group Component, in its order. Lines read
/// `1F600 ; fully-qualified # <emoji> E1.0 grinning face`, under `# group: ` and `# subgroup: ` headings.
/// @param source  what messages call the text
/// @throws IoError  it is no such list
[[nodiscard]] std::vector<Emoji> parse_emoji_list(std::string_view text, const std::string& source);

}  // namespace cotangent::data::detail
