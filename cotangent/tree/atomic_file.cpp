#include "cotangent/tree/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

/// A new file that disappears unless it is renamed.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::filesystem::path& target) : target_(target) {
        static std::atomic<unsigned> made{0};
        const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
        do {
            path_ = folder / fmt::format(".{}-{}.tmp", ::getpid(), made.fetch_add(1, std::memory_order_relaxed));
            file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (file_ < 0 && (errno == EEXIST || errno == EINTR));
        if (file_ < 0) {
            path_.clear();
            fail("create a file in its folder");
        }
        struct stat status {};
        if (::stat(target.c_str(), &status) == 0 && S_ISREG(status.st_mode)) (void)::fchmod(file_, status.st_mode & 07777);
    }
    ~TemporaryFile() {
        if (file_ >= 0) ::close(file_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(file_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("write it");
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    void rename_to_target() {
        if (::fsync(file_) != 0) fail("flush it to the disk");
        if (::close(std::exchange(file_, -1)) != 0) fail("close it");
        if (::rename(path_.c_str(), target_.c_str()) != 0) fail("rename the finished file");
        const std::filesystem::path folder = path_.parent_path();
        path_.clear();
        // The rename itself reaches the disk with the folder. Some file systems cannot flush one; the file is whole anyway.
        const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) return;
        (void)::fsync(directory);
        ::close(directory);
    }

private:
    [[noreturn]] void fail(const char* action) {
        const int reason = errno;
        // A constructor that throws runs no destructor, but then nothing has been made yet.
        throw IoError(fmt::format("write: {}: cannot {}: {}", target_.string(), action, std::strerror(reason)));
    }

    std::filesystem::path target_;
    std::filesystem::path path_;
    int file_ = -1;
};

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> pieces) {
    std::error_code ignored;
    const bool is_link = std::filesystem::is_symlink(path, ignored);
    TemporaryFile file(is_link ? std::filesystem::weakly_canonical(path, ignored) : path);
    for (const auto piece : pieces) file.write(piece);
    file.rename_to_target();
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    write_file_atomically(path, std::span<const std::span<const std::byte>>(&bytes, 1));
}

}  // namespace cotangent
