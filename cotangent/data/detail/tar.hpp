#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace cotangent::data::detail {

struct TarFile {
    std::string name;                    ///< as it stands in the archive
    std::span<const std::byte> content;  ///< within the archive
};

/// The regular files of a tar archive (POSIX ustar, names up to 256 bytes; links, folders and extensions are passed over).
/// @throws IoError  the archive is damaged: the reason alone
[[nodiscard]] std::vector<TarFile> list_tar(std::span<const std::byte> archive);

}  // namespace cotangent::data::detail
