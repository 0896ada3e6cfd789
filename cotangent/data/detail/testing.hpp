#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

// For this room's tests only.
namespace cotangent::data::testing {

/// A folder of the development data, or an empty path and a message when it is not there.
inline std::filesystem::path shared_data(const std::string& folder) {
    const char* home = std::getenv("COTANGENT_DATA");
    for (const char* candidate : {home, "../shared/data", "../../shared/data"}) {
        if (candidate && std::filesystem::exists(std::filesystem::path(candidate) / folder)) {
            return std::filesystem::path(candidate) / folder;
        }
    }
    MESSAGE("skipped: COTANGENT_DATA has no folder " << folder);
    return {};
}

/// An empty folder that goes away at the end of the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("cotangent_data_test_" + std::to_string(getpid()) + "_" + std::to_string(count++));
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace cotangent::data::testing
