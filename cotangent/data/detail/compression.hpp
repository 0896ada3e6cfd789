#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace cotangent::data::detail {

/// All decompressors stop at `limit` bytes of output: a small file may unpack to any size.
/// They throw IoError with the reason alone; the caller adds the file.
[[nodiscard]] std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::size_t limit);
[[nodiscard]] std::vector<std::byte> unxz(std::span<const std::byte> bytes, std::size_t limit);

/// Raw deflate, as in zip archives, of exactly `size` bytes.
[[nodiscard]] std::vector<std::byte> inflate_exactly(std::span<const std::byte> bytes, std::size_t size);
[[nodiscard]] std::vector<std::byte> deflate(std::span<const std::byte> bytes);

/// A file, unpacked when its name ends with .gz or .xz.
/// @throws IoError  `op: cannot read PATH: reason`
[[nodiscard]] std::vector<std::byte> read_unpacked(const char* op, const std::filesystem::path& path, std::size_t limit);

/// PATH, PATH.gz or PATH.xz, whichever exists; an empty path when none does.
[[nodiscard]] std::filesystem::path find_packed(const std::filesystem::path& path);

}  // namespace cotangent::data::detail
