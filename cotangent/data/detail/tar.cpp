#include "cotangent/data/detail/tar.hpp"

#include <algorithm>

#include "cotangent/tensor/error.hpp"

namespace cotangent::data::detail {
namespace {

constexpr std::size_t block = 512;

std::string text(std::span<const std::byte> field) {
    const auto end = std::find(field.begin(), field.end(), std::byte{0});
    return {reinterpret_cast<const char*>(field.data()), static_cast<std::size_t>(end - field.begin())};
}

std::size_t octal(std::span<const std::byte> field) {
    std::size_t value = 0;
    for (const char c : text(field)) {
        if (c == ' ') continue;
        if (c < '0' || c > '7') throw IoError("a number in the archive is not octal");
        value = value * 8 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

/// The sum of the header's bytes, with spaces in the sum's own place.
std::size_t sum_of(std::span<const std::byte> header) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < block; ++i) sum += i >= 148 && i < 156 ? ' ' : std::to_integer<std::size_t>(header[i]);
    return sum;
}

}  // namespace

std::vector<TarFile> list_tar(std::span<const std::byte> archive) {
    std::vector<TarFile> files;
    while (archive.size() >= block) {
        const auto header = archive.first(block);
        if (std::all_of(header.begin(), header.end(), [](std::byte b) { return b == std::byte{0}; })) return files;
        if (octal(header.subspan(148, 8)) != sum_of(header)) throw IoError("a header of the archive has a wrong checksum");
        const std::size_t size = octal(header.subspan(124, 12));
        archive = archive.subspan(block);
        if (size > archive.size()) throw IoError("the archive is cut short");
        const char kind = static_cast<char>(header[156]);
        if (kind == '0' || kind == '\0') {
            const std::string prefix = text(header.subspan(257, 5)) == "ustar" ? text(header.subspan(345, 155)) : "";
            files.push_back({(prefix.empty() ? "" : prefix + "/") + text(header.first(100)), archive.first(size)});
        }
        archive = archive.subspan(std::min(archive.size(), (size + block - 1) / block * block));
    }
    if (!archive.empty()) throw IoError("the archive is cut short");
    return files;
}

}  // namespace cotangent::data::detail
