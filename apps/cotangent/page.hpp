#pragma once
#include <filesystem>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace cotangent::app {

/// The page of apps/studio, without a report; empty when it was built without npm.
[[nodiscard]] std::string_view page_template();

/// Writes the page with this report (apps/studio/src/report.ts) to `path`. @throws Error  the template has no place for it
void write_page(const std::filesystem::path& path, const nlohmann::json& report);

}  // namespace cotangent::app
