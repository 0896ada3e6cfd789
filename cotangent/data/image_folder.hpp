#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cotangent/data/dataset.hpp"

namespace cotangent::data {

/// What to do about a picture that cannot be read.
enum class Unreadable : std::uint8_t { fail, skip };

struct ImageFolderOptions {
    int height = 224;  ///< every picture is shrunk or grown until it covers this, then cut to its middle
    int width = 224;
    Unreadable unreadable = Unreadable::fail;
};

struct SkippedImage {
    std::string file;  ///< relative to the folder
    std::string reason;
};

struct ImageFolder {
    ImageDataset dataset;               ///< images [N, height, width, 3]; names are files relative to the folder
    std::vector<SkippedImage> skipped;  ///< empty unless asked to skip
};

/// Reads a folder that has one sub-folder a class, named after it, with JPEG, PNG and WebP files (by extension, at any
/// depth); see read_image() for what is converted. Classes and files are in the order of their names; names that begin
/// with a dot are left out. Pictures are decoded in parallel; memory holds all of them at the size asked for.
///
/// @throws IoError     there is no sub-folder or no picture, or (unless skipped) one is unreadable; names file and reason
/// @throws ValueError  a side is outside [1, 4096]
[[nodiscard]] ImageFolder load_image_folder(const std::string& folder, const ImageFolderOptions& options = {});

}  // namespace cotangent::data
