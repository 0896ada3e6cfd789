#include "cotangent/tree/atomic_file.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "cotangent/tensor/error.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace cotangent;
namespace fs = std::filesystem;

std::ptrdiff_t entries(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
std::string content_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("a file is replaced whole and nothing else stays in its folder") {
    const testing::TemporaryFolder folder;
    const fs::path path = folder / "file";
    write_file_atomically(path, bytes_of("first, and longer"));
    CHECK(content_of(path) == "first, and longer");
    std::ifstream reader(path, std::ios::binary);
    const std::string a = "sec", b = "ond";
    const std::span<const std::byte> pieces[] = {bytes_of(a), {}, bytes_of(b)};
    write_file_atomically(path, pieces);
    CHECK(content_of(path) == "second");
    std::string old;
    std::getline(reader, old);
    CHECK(old == "first, and longer");  // whoever had it open still sees all of it
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("the permissions of a file and a symbolic link to it are kept") {
    const testing::TemporaryFolder folder;
    const fs::path path = folder / "file", link = folder / "link";
    write_file_atomically(path, bytes_of("1"));
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink("file", link);
    write_file_atomically(link, bytes_of("2"));
    CHECK(fs::is_symlink(link));
    CHECK(content_of(path) == "2");
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a failed write leaves nothing behind") {
    const testing::TemporaryFolder folder;
    const fs::path target = folder / "a_folder";
    fs::create_directories(target / "inside");
    CHECK_THROWS_WITH_AS(write_file_atomically(target, bytes_of("x")),
                         ("write: " + target.string() + ": cannot rename the finished file: Is a directory").c_str(),
                         IoError);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a relative path is written in the current folder") {
    const testing::TemporaryFolder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    write_file_atomically("plain", bytes_of("x"));
    fs::current_path(before);
    CHECK(content_of(folder / "plain") == "x");
}
