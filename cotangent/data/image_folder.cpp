#include "cotangent/data/image_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::data {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool is_picture(const fs::path& path) {
    std::string extension = path.extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    constexpr std::array<std::string_view, 4> known = {".jpg", ".jpeg", ".png", ".webp"};
    return std::find(known.begin(), known.end(), extension) != known.end();
}

std::vector<fs::path> class_folders(const fs::path& folder) {
    std::vector<fs::path> result;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory() && !is_hidden(entry.path())) result.push_back(entry.path());
    }
    std::sort(result.begin(), result.end());
    return result;
}

std::vector<fs::path> pictures_below(const fs::path& folder) {
    std::vector<fs::path> result;
    for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
        if (is_hidden(entry->path())) {
            if (entry->is_directory()) entry.disable_recursion_pending();
            continue;
        }
        if (entry->is_regular_file() && is_picture(entry->path())) result.push_back(entry->path());
    }
    std::sort(result.begin(), result.end());
    return result;
}

}  // namespace

ImageFolder load_image_folder(const std::string& path, const ImageFolderOptions& options) {
    const fs::path folder = path;
    if (std::min(options.height, options.width) < 1 || std::max(options.height, options.width) > 4096) {
        throw ValueError(fmt::format("load_image_folder: the size is {} x {}, expected sides in [1, 4096]", options.height,
                                     options.width));
    }
    ImageFolder result;
    std::vector<fs::path> files;
    std::vector<std::int64_t> labels;
    try {
        for (const fs::path& one : class_folders(folder)) {
            const auto pictures = pictures_below(one);
            files.insert(files.end(), pictures.begin(), pictures.end());
            labels.resize(files.size(), static_cast<std::int64_t>(result.dataset.class_names.size()));
            result.dataset.class_names.push_back(one.filename().string());
        }
    } catch (const fs::filesystem_error& error) {
        throw IoError(fmt::format("load_image_folder: cannot read {}: {}", folder.string(), error.code().message()));
    }
    if (files.empty()) {
        throw IoError(fmt::format(
            "load_image_folder: {} has no pictures, expected one sub-folder a class with JPEG, PNG or WebP files",
            folder.string()));
    }

    const auto count = static_cast<std::int64_t>(files.size());
    Tensor images = Tensor::uninitialized({count, options.height, options.width, 3}, Dtype::uint8);
    const std::size_t picture_bytes = images.bytes() / files.size();
    auto* to = images.fresh_data<std::uint8_t>();
    std::vector<std::string> failures(files.size());
    parallel_for(count, 8, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            try {
                const Tensor picture = resize_and_crop(read_image(files[i]), options.height, options.width);
                std::memcpy(to + i * picture_bytes, picture.raw(), picture_bytes);
            } catch (const Error& error) {
                failures[i] = error.what();
                if (options.unreadable == Unreadable::fail) throw;
            }
        }
    });

    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string file = files[i].lexically_relative(folder).string();
        if (failures[i].empty()) {
            kept.push_back(static_cast<std::int64_t>(i));
            result.dataset.names.push_back(file);
        } else {
            result.skipped.push_back({file, failures[i]});
        }
    }
    const Tensor all_labels = Tensor::from(labels, {count});
    result.dataset.labels = result.skipped.empty() ? all_labels : take_rows(all_labels, kept);
    result.dataset.images = result.skipped.empty() ? images : take_rows(images, kept);
    return result;
}

}  // namespace cotangent::data
