// What a model's file says of its network, and the network of a file.
#include <charconv>
#include <string_view>

#include "cotangent/tree/safetensors.hpp"
#include "networks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

using nlohmann::json;

NetworkSpec spec_from(const json& value) {
    if (value.at("version") != 1) throw IoError(fmt::format("it has version {}, expected 1", value.at("version").dump()));
    if (const std::string wrong = wrong_architecture(value.at("architecture")); !wrong.empty())
        throw IoError("its architecture " + wrong);
    return {value.at("architecture"),
            value.at("width"),
            value.at("channels"),
            value.at("side"),
            value.at("classes"),
            {value.at("mean"), value.at("deviation")},
            value.value("seed", std::uint64_t{0})};
}

}  // namespace

std::optional<int> resnet_depth(const std::string& architecture) {
    constexpr std::string_view family = "resnet";
    if (!architecture.starts_with(family)) return {};
    int depth = 0;
    const char* const end = architecture.data() + architecture.size();
    const auto read = std::from_chars(architecture.data() + family.size(), end, depth);
    if (read.ec != std::errc() || read.ptr != end || !nn::is_resnet_depth(depth)) return {};
    return depth;
}

std::string wrong_architecture(const std::string& architecture) {
    if (architecture == "mlp" || architecture == "lenet5" || resnet_depth(architecture)) return {};
    return fmt::format("is {}, expected mlp, lenet5, or resnet and a depth of 6 n + 2: resnet8, resnet14, resnet20, ...",
                       architecture);
}

std::string to_text(const NetworkSpec& spec) {
    const json text = {{"version", 1},
                       {"architecture", spec.architecture},
                       {"width", spec.width},
                       {"channels", spec.channels},
                       {"side", spec.side},
                       {"classes", spec.class_names},
                       {"mean", spec.statistics.mean},
                       {"deviation", spec.statistics.deviation},
                       {"seed", spec.seed}};
    return text.dump();
}

NetworkSpec spec_of(const std::filesystem::path& path) {
    const TensorFile file = load_tensors(path);
    const auto found = file.metadata.find("cotangent");
    if (found == file.metadata.end())
        throw IoError(
            fmt::format("{}: is not a model that `cotangent train` wrote: it has no metadata `cotangent`", path.string()));
    try {
        return spec_from(json::parse(found->second));
    } catch (const std::exception& error) {
        throw IoError(fmt::format("{}: its description of the network does not read: {}", path.string(), error.what()));
    }
}

}  // namespace cotangent::app
