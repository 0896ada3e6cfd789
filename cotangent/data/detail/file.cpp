#include "cotangent/data/detail/file.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cotangent/tensor/error.hpp"

namespace cotangent::data::detail {
namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void fail(const char* op, const char* verb, const std::filesystem::path& path, int code) {
    throw IoError(fmt::format("{}: cannot {} {}: {}", op, verb, path.string(), std::strerror(code)));
}

}  // namespace

std::vector<std::byte> read_file(const char* op, const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail(op, "read", path, EISDIR);
    const File file{std::fopen(path.c_str(), "rb")};
    if (!file) fail(op, "read", path, errno);
    const auto expected = std::filesystem::file_size(path, error);
    std::vector<std::byte> bytes(error ? 0 : static_cast<std::size_t>(expected));
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
    // Files without a size (pipes) and files that grew.
    std::byte block[1 << 14];
    while (const std::size_t count = std::fread(block, 1, sizeof block, file.get())) {
        bytes.insert(bytes.end(), block, block + count);
    }
    if (std::ferror(file.get())) fail(op, "read", path, errno);
    return bytes;
}

void write_file(const char* op, const std::filesystem::path& path, std::span<const std::byte> bytes) {
    static std::atomic<unsigned> count{0};
    std::filesystem::path temporary = path;
    temporary += fmt::format(".{}.{}.tmp", getpid(), count++);
    File file{std::fopen(temporary.c_str(), "wb")};
    if (!file) fail(op, "write", path, errno);
    const bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
    const bool closed = std::fclose(file.release()) == 0;
    if (!written || !closed || std::rename(temporary.c_str(), path.c_str()) != 0) {
        const int code = errno;
        std::remove(temporary.c_str());
        fail(op, "write", path, code);
    }
}

}  // namespace cotangent::data::detail
