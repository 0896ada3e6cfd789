#include "cotangent/grad/mixed.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace cotangent::detail {

std::vector<std::size_t> reached(const Tensor& output, std::span<const Tensor* const> variables) {
    std::unordered_map<const Node*, std::size_t> places;
    for (std::size_t k = 0; k < variables.size(); ++k) places.emplace(variables[k]->node(), k);
    std::vector<std::size_t> result;
    std::unordered_set<const Node*> seen;
    std::vector<const Node*> open{output.node()};
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        if (!node || !seen.insert(node).second) continue;
        if (const auto place = places.find(node); place != places.end()) result.push_back(place->second);
        for (std::uint32_t i = 0; i < node->input_count; ++i) open.push_back(node->inputs[i].node());
    }
    std::sort(result.begin(), result.end());
    return result;
}

void throw_plain_numbers() {
    throw ValueError(
        "to_scalars: the tensor is being differentiated, and plain numbers of it would lose that; take the scalar that "
        "the function is written in, or stop_gradient() first");
}

void throw_element_count(const Tensor& seen) {
    throw ShapeError(fmt::format("to_scalar: the tensor has shape {}, expected one element", to_string(seen.shape())));
}

}  // namespace cotangent::detail
