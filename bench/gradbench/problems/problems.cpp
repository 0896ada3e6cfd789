#include "problems.hpp"

#include <map>
#include <sstream>

#include "cotangent/tensor/error.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace cotangent::gradbench {
namespace {

using nlohmann::json;
/// A name such as gmm_d64_k25: a kind, and numbers for letters.
struct Name {
    std::string text, kind;
    std::map<char, std::size_t> numbers;

    explicit Name(const std::string& whole) : text(whole) {
        std::istringstream parts(whole);
        std::getline(parts, kind, '_');
        for (std::string part; std::getline(parts, part, '_');) {
            if (part.size() < 2 || part.find_first_not_of("0123456789", 1) != std::string::npos) refuse();
            numbers[part[0]] = std::stoul(part.substr(1));
        }
    }
    [[nodiscard]] std::size_t number(char letter, std::size_t otherwise) const {
        const auto found = numbers.find(letter);
        return found == numbers.end() ? otherwise : found->second;
    }
    [[noreturn]] void refuse() const {
        throw ValueError(
            fmt::format("gradbench: problem is {}, expected one such as {}", text, fmt::join(problem_names(), ", ")));
    }
};

/// The file in the folder whose name starts so.
std::filesystem::path find(const std::filesystem::path& folder, const std::string& begin, const std::string& end) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
        const std::string name = entry.path().filename();
        if (name.starts_with(begin) && name.ends_with(end)) return entry.path();
    }
    throw IoError(fmt::format("gradbench: {} has no file {}*{}", folder.string(), begin, end));
}

json rows(const double* values, std::size_t count, std::size_t width) {
    json result = json::array();
    for (std::size_t r = 0; r < count; ++r)
        result.push_back(std::vector<double>(values + r * width, values + (r + 1) * width));
    return result;
}
json rows(std::span<const double> values, std::size_t width) { return rows(values.data(), values.size() / width, width); }

json inputs(const Gmm& p) {
    const double* x = p.parameters.data();
    const std::size_t k = p.k, d = p.d;
    return {{"d", d},
            {"k", k},
            {"n", p.n},
            {"gamma", p.gamma},
            {"m", p.m},
            {"x", rows(p.points, d)},
            {"alpha", std::vector<double>(x, x + k)},
            {"mu", rows(x + k, k, d)},
            {"q", rows(x + k + k * d, k, d)},
            {"l", rows(x + k + 2 * k * d, k, p.triangle())}};
}
json inputs(const Lstm& p) {
    const std::span<const double> x = p.parameters;
    const std::size_t cells = 8 * p.layers * p.bits;
    return {{"main_params", rows(x.first(cells), 4 * p.bits)},
            {"extra_params", rows(x.subspan(cells), p.bits)},
            {"state", rows(p.state, p.bits)},
            {"sequence", rows(p.text, p.bits)}};
}
json inputs(const BundleAdjustment& p) {
    return {{"n", p.cameras.size()}, {"m", p.points.size()},   {"p", p.weights.size()},     {"cam", p.cameras.front()},
            {"x", p.points.front()}, {"w", p.weights.front()}, {"feat", p.features.front()}};
}
json inputs(const Hand& p) {
    json bones = json::array();
    for (const auto& bone : p.model.bones)
        bones.push_back({{"parent", bone.parent}, {"relative", bone.relative}, {"inverse_absolute", bone.inverse_absolute}});
    json vertices = json::array();
    for (const auto& influences : p.model.vertices) {
        json vertex = json::array();
        for (const auto& [bone, weighted] : influences) vertex.push_back({{"bone", bone}, {"weighted", weighted}});
        vertices.push_back(vertex);
    }
    return {{"theta", p.pose},
            {"us", p.places},
            {"points", p.points},
            {"correspondences", p.triangle},
            {"triangles", p.model.triangles},
            {"bones", bones},
            {"vertices", vertices}};
}
json inputs(const Ode& p) { return {{"x", p.parameters}, {"s", p.steps}}; }
json inputs(const LeastSquares& p) { return {{"x", p.parameters}, {"n", p.n}}; }
json inputs(const LogSumExp& p) { return {{"x", p.parameters}}; }
json inputs(const Determinant& p) { return {{"A", p.parameters}, {"ell", p.n}}; }
json inputs(const KMeans& p) { return {{"points", rows(p.points, p.d)}, {"centroids", rows(p.parameters, p.d)}}; }
json inputs(const BuildingSimulation& p) { return {{"x", p.parameters}, {"steps", p.steps}}; }

}  // namespace

const std::vector<std::string>& problem_names() {
    static const std::vector<std::string> names{
        "building_s20", "building_s1000", "gmm_d2",         "gmm_d10",    "gmm_d64",    "lstm_l4_c4096", "ba_i1",
        "hand_c100",    "hand_c3200",     "ode_n1000_s100", "llsq_n1024", "lse_n10000", "det_l8",        "kmeans_n10000"};
    return names;
}

Problem make_problem(const std::string& text, const std::filesystem::path& data) {
    const Name name(text);
    const auto size = [&](char letter, std::size_t otherwise) { return name.number(letter, otherwise); };
    if (name.kind == "building") return BuildingSimulation{.steps = static_cast<int>(size('s', 20))};
    if (name.kind == "gmm") return make_gmm(size('d', 2), size('k', 25), size('n', 1000));
    if (name.kind == "ode") return make_ode(size('n', 1000), size('s', 100));
    if (name.kind == "llsq") return make_llsq(size('n', 1024), size('m', 128));
    if (name.kind == "lse") return make_lse(size('n', 10000));
    if (name.kind == "det") return make_det(size('l', 8));
    if (name.kind == "kmeans") return make_kmeans(size('n', 10000), size('k', 10), size('d', 8));
    if (name.kind == "lstm" && size('b', 0)) return make_lstm(size('l', 2), size('c', 1024), size('b', 0));
    if (name.kind == "lstm") return read_lstm(data / fmt::format("lstm/lstm_l{}_c{}.txt", size('l', 2), size('c', 1024)));
    if (name.kind == "ba") return read_ba(find(data / "ba", fmt::format("ba{}_", size('i', 1)), ".txt"));
    if (name.kind == "hand")
        return read_hand(find(data / "hand", "hand", fmt::format("_c{}.txt", size('c', 100))), data / "hand/model");
    name.refuse();
}

json to_json(const Problem& problem) {
    return std::visit([](const auto& p) { return inputs(p); }, problem);
}

}  // namespace cotangent::gradbench
