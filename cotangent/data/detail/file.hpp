#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cotangent::data::detail {

/// A whole file. @throws IoError  `op: cannot read PATH: reason`
[[nodiscard]] std::vector<std::byte> read_file(const char* op, const std::filesystem::path& path);

/// Writes beside the path, then renames: a half-written file is never left under the real name.
/// @throws IoError  `op: cannot write PATH: reason`
void write_file(const char* op, const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace cotangent::data::detail
