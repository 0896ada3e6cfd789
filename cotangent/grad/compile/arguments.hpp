#pragma once
// Arguments and results of a compiled function, walked with all that they hold: leaves, and what a tree only carries along.
#include <concepts>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "cotangent/grad/compile/program.hpp"
#include "cotangent/tensor/dual.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent::detail {

template <class T>
inline constexpr bool is_reference_proxy = std::is_same_v<T, std::vector<bool>>;

/// f(member, ...) for each leaf (Tensor, float, double), Rng, Count, Setting and anything else that is no container, of trees
/// of one type and structure, those in a Frozen too.
template <class F, class T, class... Rest>
void walk_all(F& f, T& tree, Rest&... rest) {
    using Plain = std::remove_const_t<T>;
    constexpr Kind kind = kind_of<Plain>;
    if constexpr (kind == Kind::frozen) {
        walk_all(f, tree.value, rest.value...);
    } else if constexpr (kind == Kind::optional) {
        if (tree) walk_all(f, *tree, *rest...);
    } else if constexpr (kind == Kind::sequence && !is_reference_proxy<Plain>) {
        for (std::size_t i = 0; i < tree.size(); ++i) walk_all(f, tree[i], rest[i]...);
    } else if constexpr (kind == Kind::tuple || kind == Kind::fields) {
        [&]<std::size_t... i>(std::index_sequence<i...>, const auto&... members_of) {
            const auto one = [&]<std::size_t k>() { walk_all(f, std::get<k>(members_of)...); };
            (one.template operator()<i>(), ...);
        }(Indices<decltype(members(tree))>{}, members(tree), members(rest)...);
    } else {
        f(tree, rest...);
    }
}

template <class T>
inline constexpr bool is_live = std::is_same_v<T, Rng> || std::is_same_v<T, Count> || std::is_same_v<T, Setting>;

/// Does T hold Real or Dual numbers, of which a recording would keep those of its first call?
template <class T>
[[nodiscard]] consteval bool holds_lifted() {
    constexpr Kind kind = kind_of<T>;
    if constexpr (is_scalar_v<T>) return !std::is_arithmetic_v<T>;
    else if constexpr (kind == Kind::frozen) return holds_lifted<std::remove_cvref_t<decltype(std::declval<T&>().value)>>();
    else if constexpr (kind == Kind::optional || kind == Kind::sequence) return holds_lifted<typename T::value_type>();
    else if constexpr (kind == Kind::tuple || kind == Kind::fields)
        return Members<decltype(members(std::declval<T&>()))>::any([]<class M>() { return holds_lifted<M>(); });
    else return false;
}

/// Is a part of a result that is no tree the same in every call, whatever it holds?
template <class T>
inline constexpr bool is_constant_result = std::is_same_v<T, std::string> || is_reference_proxy<T> ||
                                           (std::is_trivially_copyable_v<T> &&
                                            (!std::is_pointer_v<T> || std::is_function_v<std::remove_pointer_t<T>>));

/// Would a recording made of `seen` hold for `now`: are shapes, dtypes, structure and everything that is no tensor the same?
template <class T>
[[nodiscard]] bool same_kind(const T& seen, const T& now) {
    constexpr Kind kind = kind_of<T>;
    if constexpr (std::is_same_v<T, Tensor>) {
        return seen.shape() == now.shape() && seen.dtype() == now.dtype();
    } else if constexpr (is_live<T> || std::is_empty_v<T>) {
        return true;
    } else if constexpr (kind == Kind::frozen) {
        return same_kind(seen.value, now.value);
    } else if constexpr (kind == Kind::optional) {
        return seen.has_value() == now.has_value() && (!seen || same_kind(*seen, *now));
    } else if constexpr (kind == Kind::sequence && !is_reference_proxy<T>) {
        if (seen.size() != now.size()) return false;
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (!same_kind(seen[i], now[i])) return false;
        return true;
    } else if constexpr (kind == Kind::tuple || kind == Kind::fields) {
        const auto a = members(seen);
        const auto b = members(now);
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            return (same_kind(std::get<i>(a), std::get<i>(b)) && ...);
        }(Indices<decltype(a)>{});
    } else if constexpr (std::is_floating_point_v<T>) {
        return std::memcmp(&seen, &now, sizeof seen) == 0;
    } else {
        static_assert(!std::is_same_v<T, std::string_view> &&
                          (!std::is_pointer_v<T> || std::is_function_v<std::remove_pointer_t<T>>),
                      "compile: an argument holds a pointer or a view, and a change of what it points to would not be seen; pass a "
                      "value");
        static_assert(std::equality_comparable<T>,
                      "compile: an argument holds something that is no tree and has no operator==, so that a change of it would not "
                      "be seen; give it one, or capture it in the function");
        return seen == now;
    }
}

/// Trees without the memory of their tensors.
template <class T>
[[nodiscard]] T without_memory(T tree) {
    auto drop = []<class Leaf>(Leaf& leaf) {
        if constexpr (std::is_same_v<Leaf, Tensor>) leaf = leaf.detached().ghost();
    };
    walk_all(drop, tree);
    return tree;
}

}  // namespace cotangent::detail
