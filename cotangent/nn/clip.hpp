#pragma once
#include <span>
#include <vector>

#include "cotangent/nn/update.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/extrema.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

namespace detail {
/// @throws ValueError  limit <= 0
void check_limit(const char* op, double limit);
/// The square root of the sum of all squares and `more`, a float64 scalar: a value of the trace where one is active.
[[nodiscard]] Tensor norm_of(std::span<const Tensor* const> leaves, double more);
}  // namespace detail

/// Scales the whole tree so that its norm is at most `limit`; returns the norm it had, a float64 scalar.
/// @throws ValueError  limit <= 0
template <class Tree>
Tensor clip_by_global_norm(Tree& gradient, double limit) {
    detail::check_limit("clip_by_global_norm", limit);
    std::vector<const Tensor*> tensors;
    double numbers = 0;
    for_each_leaf(
        [&]<class Leaf>(const Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) tensors.push_back(&leaf);
            else numbers += static_cast<double>(leaf) * static_cast<double>(leaf);
        },
        gradient);
    const Tensor length = detail::norm_of(tensors, numbers);
    if (!cotangent::detail::is_tracing() && length.item() <= limit) return length;
    const Tensor scale = limit / maximum(length, limit);
    for_each_leaf(
        [&]<class Leaf>(Leaf& leaf) {
            if constexpr (!std::is_same_v<Leaf, Tensor>) {
                if (leaf != 0) leaf *= static_cast<Leaf>(scale.item());  // a setting in a model: reads nothing of a trace
            } else if (is_floating(leaf.dtype())) {
                leaf *= cast(scale, leaf.dtype());
            }
        },
        gradient);
    return length;
}

/// Cuts every element to [-limit, limit]. @throws ValueError  limit <= 0
template <class Tree>
void clip_by_value(Tree& gradient, double limit) {
    detail::check_limit("clip_by_value", limit);
    detail::update_tree([=](auto& p, auto) { p = select(p > limit, limit, select(p < -limit, -limit, p)); }, gradient, gradient);
}

}  // namespace cotangent::nn
