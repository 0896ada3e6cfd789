#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/temporary_folder.hpp"

// For this room's tests only.
namespace cotangent::data::testing {

using cotangent::testing::TemporaryFolder;

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

}  // namespace cotangent::data::testing
