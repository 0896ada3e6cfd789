#include "cotangent/data/detail/emoji_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cotangent/tensor/error.hpp"

namespace cotangent::data::detail {
namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::u32string> parse_code_points(std::string_view text) {
    std::u32string result;
    while (!(text = trim(text)).empty()) {
        char32_t value = 0;
        std::size_t length = 0;
        for (; length < text.size() && text[length] != ' '; ++length) {
            const char c = text[length];
            const bool is_digit = c >= '0' && c <= '9', is_letter = c >= 'A' && c <= 'F';
            if ((!is_digit && !is_letter) || value > 0x10ffff) return std::nullopt;
            value = value * 16 + static_cast<char32_t>(is_digit ? c - '0' : c - 'A' + 10);
        }
        if (value > 0x10ffff) return std::nullopt;
        result.push_back(value);
        text.remove_prefix(length);
    }
    return result;
}

bool has_skin_tone(const std::u32string& text) {
    return std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0x1f3fb && c <= 0x1f3ff; });
}

}  // namespace

std::vector<Emoji> parse_emoji_list(std::string_view text, const std::string& source) {
    std::string_view rest = text;
    std::vector<Emoji> result;
    std::string group, subgroup;
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.starts_with("# group: ")) group = trim(line.substr(9));
        if (line.starts_with("# subgroup: ")) subgroup = trim(line.substr(12));
        const auto semicolon = line.find(';'), hash = line.find('#');
        if (hash == 0 || semicolon == line.npos || hash == line.npos || hash < semicolon) continue;
        if (trim(line.substr(semicolon + 1, hash - semicolon - 1)) != "fully-qualified" || group == "Component") continue;
        // After '#': the emoji itself, the version it came with, its name.
        const std::string_view comment = trim(line.substr(hash + 1));
        const auto version = comment.find(" E");
        const auto name = version == comment.npos ? version : comment.find(' ', version + 1);
        auto code_points = parse_code_points(line.substr(0, semicolon));
        if (!code_points || code_points->empty() || name == comment.npos || group.empty()) {
            throw IoError(fmt::format("emoji: {}:{} is not a line of Unicode's emoji-test.txt (package {})", source,
                                      number, emoji_list_package));
        }
        if (has_skin_tone(*code_points)) continue;
        result.push_back({std::move(*code_points), std::string(trim(comment.substr(name))), group, subgroup});
    }
    if (result.empty()) {
        throw IoError(fmt::format("emoji: {} lists no emoji, expected Unicode's emoji-test.txt (package {})", source,
                                  emoji_list_package));
    }
    return result;
}

}  // namespace cotangent::data::detail
