#pragma once
// Trees as vectors: the arithmetic that optimizers, samplers and averaging need. Leaves in a Frozen, integer tensors and
// whatever is no leaf take no part: they are not coordinates of the vector.
#include <cmath>
#include <cstdint>

#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent {
namespace detail {

/// The sum of the products of the elements, added up in float64 in an order that depends on the size alone.
[[nodiscard]] double dot_of(const Tensor& a, const Tensor& b);
[[nodiscard]] inline double dot_of(double a, double b) { return a * b; }
void axpy_into(double alpha, const Tensor& x, Tensor& y);
inline void axpy_into(double alpha, float x, float& y) { y += static_cast<float>(alpha) * x; }
inline void axpy_into(double alpha, double x, double& y) { y += alpha * x; }
[[nodiscard]] inline std::int64_t coordinates_of(const Tensor& leaf) { return is_floating(leaf.dtype()) ? leaf.size() : 0; }
[[nodiscard]] inline std::int64_t coordinates_of(double) { return 1; }

}  // namespace detail

/// The tree with every leaf 0. Integer tensors become 0 too.
template <class T>
    requires(is_tree_v<T> && !std::is_same_v<T, Tensor>)
[[nodiscard]] T zeros_like(const T& tree) {
    return map_tree(
        []<class Leaf>(const Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) return zeros_like(leaf);
            else return Leaf{0};
        },
        tree);
}

/// The tree with its floating tensors in another dtype. Derivatives pass through, back in the tree's own dtype: a loss that
/// runs cast_tree(model, Dtype::bfloat16) trains a float32 model in mixed precision.
template <class T>
    requires(is_tree_v<T>)
[[nodiscard]] T cast_tree(const T& tree, Dtype dtype) {
    return map_tree(
        [&]<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return is_floating(leaf.dtype()) ? cast(leaf, dtype) : leaf;
            else return leaf;
        },
        tree);
}

/// The inner product: the sum over all floating leaves of the products of their elements, in float64.
///
/// @throws ShapeError, DtypeError  a leaf differs between the trees
/// @throws ValueError              the structure differs
template <class T>
    requires(is_tree_v<T>)
[[nodiscard]] double dot(const T& a, const T& b) {
    double total = 0;
    for_each_leaf([&](const auto& x, const auto& y) { total += detail::dot_of(x, y); }, a, b);
    return total;
}

/// The Euclidean length: the square root of dot(tree, tree).
template <class T>
    requires(is_tree_v<T>)
[[nodiscard]] double norm(const T& tree) {
    return std::sqrt(dot(tree, tree));
}

/// y += alpha x, in place.
///
/// @throws ShapeError, DtypeError  a leaf differs between the trees; the leaves before it have been changed
/// @throws ValueError              the structure differs, or y is being differentiated
template <class T>
    requires(is_tree_v<T>)
void axpy(double alpha, const T& x, T& y) {
    for_each_leaf([alpha](auto& to, const auto& from) { detail::axpy_into(alpha, from, to); }, y, x);
}

/// The number of leaves.
template <Leaves which = Leaves::trainable, class T>
[[nodiscard]] std::int64_t leaf_count(const T& tree) {
    std::int64_t count = 0;
    for_each_leaf<which>([&](const auto&) { ++count; }, tree);
    return count;
}

/// The number of elements of all floating leaves.
template <Leaves which = Leaves::trainable, class T>
[[nodiscard]] std::int64_t parameter_count(const T& tree) {
    std::int64_t count = 0;
    for_each_leaf<which>([&](const auto& leaf) { count += detail::coordinates_of(leaf); }, tree);
    return count;
}

}  // namespace cotangent
