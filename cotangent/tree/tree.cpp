#include "cotangent/tree/tree.hpp"

#include <fmt/format.h>

#include "cotangent/tensor/ops/creation.hpp"

namespace cotangent::detail {
namespace {

std::string path_of(const Step* step) {
    if (!step) return {};
    std::string path = path_of(step->outer);
    if (!path.empty()) path += '.';
    if (step->name.empty()) fmt::format_to(std::back_inserter(path), "{}", step->index);
    else path += step->name;
    return path;
}

std::string described(const Step* step) { return step ? fmt::format("`{}`", path_of(step)) : "the tree itself"; }

}  // namespace

void throw_lengths_differ(const Step* step, std::size_t length, std::size_t expected) {
    throw ValueError(
        fmt::format("tree: {} has {} elements, expected {} as in the first tree", described(step), length, expected));
}

void throw_presence_differs(const Step* step, bool present) {
    throw ValueError(fmt::format("tree: {} has {}, expected {} as in the first tree", described(step),
                                 present ? "a value" : "no value", present ? "none" : "one"));
}

void throw_leaf_count(std::size_t count, std::size_t expected) {
    throw ValueError(fmt::format("with_leaves: values has {} tensors, expected {}, one for each leaf", count, expected));
}

Entered::Entered(std::string& path, std::string_view name, std::size_t index) : path_(path), size_(path.size()) {
    if (!path.empty()) path += '.';
    if (name.empty()) fmt::format_to(std::back_inserter(path), "{}", index);
    else path += name;
}

Tensor as_tensor(float leaf) { return full({}, leaf, Dtype::float32); }
Tensor as_tensor(double leaf) { return full({}, leaf, Dtype::float64); }

}  // namespace cotangent::detail
