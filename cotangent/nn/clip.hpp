#pragma once
#include "cotangent/nn/update.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

namespace detail {
/// @throws ValueError  limit <= 0
void check_limit(const char* op, double limit);
}  // namespace detail

/// Scales the whole tree so that its norm is at most `limit`; returns the norm it had.
/// @throws ValueError  limit <= 0
template <class Tree>
double clip_by_global_norm(Tree& gradient, double limit) {
    detail::check_limit("clip_by_global_norm", limit);
    const double length = norm(gradient);
    if (length <= limit) return length;
    const double scale = limit / length;
    for_each_leaf(
        [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) {
                if (is_floating(leaf.dtype())) leaf *= full({}, scale, leaf.dtype());
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
