#include "cotangent/grad/mixed.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace cotangent::detail {

std::vector<std::size_t> reached(const Tensor& output, std::span<const std::uint64_t> ids) {
    std::vector<std::size_t> result;
    if (ids.empty()) return result;
    std::unordered_set<const Node*> seen;
    std::vector<const Node*> open{output.node()};
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        if (!node || node->thread != recording_thread() || node->id < ids.front() || !seen.insert(node).second) continue;
        const auto place = std::lower_bound(ids.begin(), ids.end(), node->id);
        if (place != ids.end() && *place == node->id) result.push_back(static_cast<std::size_t>(place - ids.begin()));
        for (std::uint32_t i = 0; i < node->input_count; ++i) open.push_back(node->inputs[i].node());
    }
    std::sort(result.begin(), result.end());
    return result;
}

void throw_lost_variable() {
    throw ValueError(
        "to_scalar: the tensor depends on a variable that is being differentiated further out, and these numbers cannot "
        "carry that derivative; write the inner function in tensors, or stop_gradient() the variable");
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
