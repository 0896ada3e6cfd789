#pragma once
#include "cotangent/nn/update.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

/// Scales the whole tree so that its norm is at most `limit`; returns the norm it had.
/// @throws ValueError  limit <= 0
template <class Tree>
double clip_by_global_norm(Tree& gradient, double limit) {
    if (!(limit > 0)) throw ValueError("clip_by_global_norm: limit is not above 0");
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

/// Cuts every element to [-limit, limit].
template <class Tree>
void clip_by_value(Tree& gradient, double limit) {
    if (!(limit > 0)) throw ValueError("clip_by_value: limit is not above 0");
    detail::update_tree([=](auto& p, auto) { p = select(p > limit, limit, select(p < -limit, -limit, p)); }, gradient, gradient);
}

}  // namespace cotangent::nn
