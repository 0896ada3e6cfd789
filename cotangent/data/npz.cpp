// The zip archive around .npy files. Of the format (PKWARE APPNOTE 6.3) it reads what NumPy writes: entries stored or
// deflated, found through the central directory, with ZIP64 sizes where NumPy puts them (in every local header).
#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <limits>
#include <string_view>

#include "cotangent/data/detail/compression.hpp"
#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/zip.hpp"
#include "cotangent/data/npy.hpp"

namespace cotangent::data {
namespace {

constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50;
constexpr std::size_t local_bytes = 30, central_bytes = 46, end_bytes = 22;
constexpr std::uint32_t elsewhere = std::numeric_limits<std::uint32_t>::max();  // the size stands in a ZIP64 field

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t number(std::size_t at, int width) const {
        if (at > bytes_.size() || bytes_.size() - at < static_cast<std::size_t>(width))
            throw IoError("the archive is cut short");
        std::uint64_t value = 0;
        for (int i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(bytes_[at + i]) << 8 * i;
        return value;
    }
    [[nodiscard]] std::span<const std::byte> part(std::size_t at, std::size_t count) const {
        if (at > bytes_.size() || bytes_.size() - at < count) throw IoError("the archive is cut short");
        return bytes_.subspan(at, count);
    }
    [[nodiscard]] std::string text(std::size_t at, std::size_t count) const {
        const auto bytes = part(at, count);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

private:
    std::span<const std::byte> bytes_;
};

/// The end record is last but for a comment of at most 65,535 bytes.
std::size_t find_end(const Reader& archive, std::size_t size) {
    if (size < end_bytes) throw IoError("it is too short for an archive");
    const std::size_t last = size - end_bytes, first = last > 65535 ? last - 65535 : 0;
    for (std::size_t at = last + 1; at-- > first;) {
        if (archive.number(at, 4) == end_mark) return at;
    }
    throw IoError("it is not a zip archive");
}

std::uint32_t crc_of(std::span<const std::byte> bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Little-endian fields, appended.
void put(std::vector<std::byte>& bytes, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<std::byte>(value >> 8 * i & 255));
}
void put(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

namespace detail {

NamedArrays decode_zip(std::span<const std::byte> bytes, Tensor (*decode)(std::span<const std::byte>)) {
    const Reader archive(bytes);
    const std::size_t end = find_end(archive, bytes.size());
    const std::uint64_t count = archive.number(end + 10, 2);
    std::size_t at = archive.number(end + 16, 4);
    NamedArrays arrays;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (archive.number(at, 4) != central_mark) throw IoError("the directory of the archive is damaged");
        const std::uint64_t flags = archive.number(at + 8, 2), method = archive.number(at + 10, 2);
        const std::uint64_t crc = archive.number(at + 16, 4), packed = archive.number(at + 20, 4),
                            size = archive.number(at + 24, 4);
        const std::size_t name_bytes = archive.number(at + 28, 2), extra = archive.number(at + 30, 2),
                          comment = archive.number(at + 32, 2);
        const std::size_t local = archive.number(at + 42, 4);
        std::string name = archive.text(at + central_bytes, name_bytes);
        at += central_bytes + name_bytes + extra + comment;
        if (flags & 1) throw IoError(fmt::format("`{}` is encrypted", name));
        if (packed == elsewhere || size == elsewhere || local == elsewhere)
            throw IoError("archives above 4 GiB are not read");
        if (archive.number(local, 4) != local_mark) throw IoError(fmt::format("the entry `{}` is damaged", name));
        const std::size_t start = local + local_bytes + archive.number(local + 26, 2) + archive.number(local + 28, 2);
        const auto content = archive.part(start, packed);
        try {
            std::vector<std::byte> unpacked;
            if (method == 8) unpacked = inflate_exactly(content, size);
            else if (method == 0) unpacked.assign(content.begin(), content.end());
            else throw IoError(fmt::format("it is compressed by method {}, expected 0 (stored) or 8 (deflated)", method));
            if (crc_of(unpacked) != crc) throw IoError("its checksum is wrong");
            if (name.ends_with(".npy")) name.resize(name.size() - 4);
            arrays.insert_or_assign(name, decode(unpacked));
        } catch (const IoError& error) {
            throw IoError(fmt::format("the entry `{}`: {}", name, error.what()));
        }
    }
    return arrays;
}

}  // namespace detail

std::vector<std::byte> encode_npz(const NamedArrays& arrays, NpzCompression compression) {
    std::vector<std::byte> bytes, directory;
    const bool is_deflated = compression == NpzCompression::deflated;
    if (arrays.size() > 65535)
        throw ValueError(fmt::format("encode_npz: there are {} arrays, expected at most 65535", arrays.size()));
    for (const auto& [name, tensor] : arrays) {
        if (name.empty() || name.size() > 60000) throw ValueError("encode_npz: a name is empty or longer than 60000 bytes");
        const std::string file = name + ".npy";
        const auto content = encode_npy(tensor);
        const auto packed = is_deflated ? detail::deflate(content) : std::vector<std::byte>();
        const auto& body = is_deflated ? packed : content;
        if (bytes.size() + body.size() + content.size() >= elsewhere) {
            throw ValueError("encode_npz: the archive would be above 4 GiB; write several");
        }
        const std::size_t local = bytes.size();
        const auto put_common = [&](std::vector<std::byte>& to) {
            put(to, 20, 2);                     // version 2.0
            put(to, 0x0800, 2);                 // the name is UTF-8
            put(to, is_deflated ? 8u : 0u, 2);  // method
            put(to, 0x00210000, 4);             // 1 January 1980, 0:00: the same arrays give the same bytes
            put(to, crc_of(content), 4);
            put(to, body.size(), 4);
            put(to, content.size(), 4);
            put(to, file.size(), 2);
            put(to, 0, 2);  // no extra field
        };
        put(bytes, local_mark, 4);
        put_common(bytes);
        put(bytes, std::as_bytes(std::span(file)));
        put(bytes, body);
        put(directory, central_mark, 4);
        put(directory, 20, 2);
        put_common(directory);
        put(directory, 0, 2 + 2 + 2);  // comment, disk, internal attributes
        put(directory, 0, 4);          // external attributes
        put(directory, local, 4);
        put(directory, std::as_bytes(std::span(file)));
    }
    const std::size_t start = bytes.size();
    put(bytes, directory);
    put(bytes, end_mark, 4);
    put(bytes, 0, 4);
    put(bytes, arrays.size(), 2);
    put(bytes, arrays.size(), 2);
    put(bytes, directory.size(), 4);
    put(bytes, start, 4);
    put(bytes, 0, 2);
    return bytes;
}

void write_npz(const std::string& path, const NamedArrays& arrays, NpzCompression compression) {
    detail::write_file("write_npz", path, encode_npz(arrays, compression));
}

}  // namespace cotangent::data
