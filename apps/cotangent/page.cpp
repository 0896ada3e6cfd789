#include "page.hpp"

#include <string>

#include "cotangent/tensor/error.hpp"
#include "cotangent/tree/atomic_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {

void write_page(const std::filesystem::path& path, const nlohmann::json& report) {
    const std::string_view page = page_template();
    constexpr std::string_view opening = R"(<script id="report" type="application/json">)";
    const std::size_t start = page.find(opening);
    const std::size_t end = page.find("</script>", start);
    if (start == std::string_view::npos || end == std::string_view::npos) throw Error("tour: the page has no place for a report");
    std::string text;
    for (const char c : report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
        if (c == '<') text += "\\u003c";  // or `</script>` in a name would end the report
        else text += c;
    }
    std::string whole(page.substr(0, start + opening.size()));
    whole += text;
    whole += page.substr(end);
    write_file_atomically(path, std::as_bytes(std::span(whole)));
}

}  // namespace cotangent::app
