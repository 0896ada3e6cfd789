#include "cotangent/data/detail/compression.hpp"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/tensor/error.hpp"

namespace cotangent::data::detail {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;

/// zlib counts in 32 bits; this feeds it larger spans piece by piece.
void feed(z_stream& stream, std::span<const std::byte> bytes, std::size_t used) {
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data() + used));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size() - used, std::numeric_limits<uInt>::max()));
}

struct EndInflate {
    void operator()(z_stream* stream) const { inflateEnd(stream); }
};

/// `window` 15 + 16 reads gzip, -15 raw deflate.
std::vector<std::byte> inflate_all(std::span<const std::byte> bytes, int window, std::size_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, window) != Z_OK) throw Error("zlib does not start");
    const std::unique_ptr<z_stream, EndInflate> guard(&stream);
    std::vector<std::byte> result;
    std::size_t used = 0, made = 0;
    while (true) {
        if (made == result.size()) {
            if (made >= limit) throw IoError(fmt::format("it unpacks to more than {} bytes", limit));
            result.resize(std::min(limit, std::max(block_bytes, 2 * made)));
        }
        feed(stream, bytes, used);
        stream.next_out = reinterpret_cast<Bytef*>(result.data() + made);
        stream.avail_out = static_cast<uInt>(std::min<std::size_t>(result.size() - made, std::numeric_limits<uInt>::max()));
        const uInt in_before = stream.avail_in, out_before = stream.avail_out;
        const int status = inflate(&stream, Z_NO_FLUSH);
        used += in_before - stream.avail_in;
        made += out_before - stream.avail_out;
        if (status == Z_STREAM_END) {
            // A gzip file may hold several members, one after the other.
            if (window < 0 || used >= bytes.size() || bytes[used] != std::byte{0x1f}) break;
            inflateReset(&stream);
            continue;
        }
        if (status == Z_BUF_ERROR && used < bytes.size() && made == result.size()) continue;
        if (status == Z_OK && (used < bytes.size() || made == result.size())) continue;
        throw IoError(used >= bytes.size() ? "the compressed data is cut short" : "the compressed data is damaged");
    }
    result.resize(made);
    return result;
}

struct EndLzma {
    void operator()(lzma_stream* stream) const { lzma_end(stream); }
};

}  // namespace

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::size_t limit) {
    return inflate_all(bytes, 15 + 16, limit);
}

std::vector<std::byte> unxz(std::span<const std::byte> bytes, std::size_t limit) {
    lzma_stream stream = LZMA_STREAM_INIT;
    constexpr std::uint64_t most_memory = std::uint64_t{1} << 28;  // four times what `xz -9` needs
    if (lzma_stream_decoder(&stream, most_memory, LZMA_CONCATENATED) != LZMA_OK) throw Error("liblzma does not start");
    const std::unique_ptr<lzma_stream, EndLzma> guard(&stream);
    stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream.avail_in = bytes.size();
    std::vector<std::byte> result;
    std::size_t made = 0;
    while (true) {
        if (made == result.size()) {
            if (made >= limit) throw IoError(fmt::format("it unpacks to more than {} bytes", limit));
            result.resize(std::min(limit, std::max(block_bytes, 2 * made)));
        }
        stream.next_out = reinterpret_cast<std::uint8_t*>(result.data() + made);
        stream.avail_out = result.size() - made;
        const lzma_ret status = lzma_code(&stream, LZMA_FINISH);
        made = result.size() - stream.avail_out;
        if (status == LZMA_STREAM_END) break;
        if (status == LZMA_OK) continue;
        if (status == LZMA_BUF_ERROR) throw IoError("the compressed data is cut short");
        throw IoError(status == LZMA_MEMLIMIT_ERROR ? "unpacking it needs too much memory"
                                                    : "the compressed data is damaged");
    }
    result.resize(made);
    return result;
}

std::vector<std::byte> inflate_exactly(std::span<const std::byte> bytes, std::size_t size) {
    // Deflate makes at most 1032 bytes of one: refuse before memory is taken.
    if (size / 1032 > bytes.size()) throw IoError("the compressed data is cut short");
    auto result = inflate_all(bytes, -15, size + 1);
    if (result.size() != size) throw IoError(fmt::format("it unpacks to {} bytes, expected {}", result.size(), size));
    return result;
}

std::vector<std::byte> deflate(std::span<const std::byte> bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw Error("zlib does not start");
    }
    const auto end = [](z_stream* ended) { deflateEnd(ended); };
    const std::unique_ptr<z_stream, decltype(end)> guard(&stream, end);
    std::vector<std::byte> result;
    std::size_t used = 0, made = 0;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        if (made == result.size()) result.resize(std::max(block_bytes, 2 * made));
        feed(stream, bytes, used);
        stream.next_out = reinterpret_cast<Bytef*>(result.data() + made);
        stream.avail_out = static_cast<uInt>(std::min<std::size_t>(result.size() - made, std::numeric_limits<uInt>::max()));
        const uInt in_before = stream.avail_in, out_before = stream.avail_out;
        status = ::deflate(&stream, used + in_before == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        used += in_before - stream.avail_in;
        made += out_before - stream.avail_out;
    }
    result.resize(made);
    return result;
}

std::vector<std::byte> read_unpacked(const char* op, const std::filesystem::path& path, std::size_t limit) {
    auto bytes = read_file(op, path);
    try {
        if (path.extension() == ".gz") return gunzip(bytes, limit);
        if (path.extension() == ".xz") return unxz(bytes, limit);
        return bytes;
    } catch (const IoError& error) {
        throw IoError(fmt::format("{}: cannot read {}: {}", op, path.string(), error.what()));
    }
}

std::filesystem::path find_packed(const std::filesystem::path& path) {
    for (const char* ending : {"", ".gz", ".xz"}) {
        std::filesystem::path candidate = path;
        candidate += ending;
        if (std::filesystem::exists(candidate)) return candidate;
    }
    return {};
}

}  // namespace cotangent::data::detail
