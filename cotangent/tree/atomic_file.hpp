#pragma once
// Files that are never seen half written.
#include <cstddef>
#include <filesystem>
#include <span>

namespace cotangent {

/// Writes a file under a temporary name in its folder, flushes it to the disk and renames it: whoever opens `path`, even
/// after a crash, finds the old bytes or the new ones. The permissions of an existing file are kept, and a symbolic link
/// stays one.
///
/// @throws IoError  the message names the file and the system's reason; the file is as it was
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
/// The same for bytes that lie in pieces.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> pieces);

}  // namespace cotangent
