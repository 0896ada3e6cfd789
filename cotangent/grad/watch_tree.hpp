#pragma once
// The tensors of a tree as variables, and trees made of their derivatives.
#include <span>
#include <vector>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent::detail {

/// The same values, constants to whoever differentiates.
template <class Tree>
Tree detach_tree(const Tree& tree) {
    return map_tree(
        []<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return leaf.detached();
            else return leaf;
        },
        tree);
}

/// @throws ShapeError, DtypeError  it is not one floating element
void check_scalar(const char* what, const Tensor& value);
/// @throws DtypeError  it is not floating
void check_floating(const char* what, const Tensor& value);
/// Is this leaf one that can be differentiated: of a floating dtype?
inline bool is_differentiable(const Tensor& leaf) { return is_floating(leaf.dtype()); }

/// `tree` with each floating tensor replaced by a variable, and the variables in order.
template <class Tree>
Tree watch_tree(const Tree& tree, std::vector<Tensor>& variables) {
    return map_tree(
        [&]<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) {
                if (!is_differentiable(leaf)) return leaf;
                return variables.emplace_back(watch(leaf));
            } else {
                return leaf;
            }
        },
        tree);
}

/// `like` with its floating tensors replaced by `values` in order and everything else by zero.
template <class Tree>
Tree fill_tree(const Tree& like, std::span<const Tensor> values) {
    std::size_t next = 0;
    return map_tree(
        [&]<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return is_differentiable(leaf) ? values[next++] : zeros_like(leaf);
            else return Leaf{};
        },
        like);
}

/// The floating tensors of a tree.
template <class Tree>
std::vector<Tensor> differentiable_leaves(const Tree& tree) {
    std::vector<Tensor> result;
    for_each_leaf(
        [&](const auto& leaf) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf)>, Tensor>)
                if (is_differentiable(leaf)) result.push_back(leaf);
        },
        tree);
    return result;
}

/// A result as seen from outside: without its record, unless an outer function is still being differentiated.
template <class Tree>
Tree leave(const Tree& result) {
    if (Differentiating::depth() > 0) return result;
    return map_tree(
        []<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return without_record(leaf);
            else return leaf;
        },
        result);
}

}  // namespace cotangent::detail
