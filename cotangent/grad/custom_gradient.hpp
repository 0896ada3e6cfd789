#pragma once
// A function with a derivative of its own.
#include <functional>
#include <tuple>
#include <vector>

#include "cotangent/grad/scalars.hpp"
#include "cotangent/grad/watch_tree.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace detail {

using CustomRule =
    std::function<std::vector<Tensor>(const Tensor& cotangent, const Tensor& output, std::span<const Tensor> inputs)>;
/// @throws ValueError  the output depends on a tensor that is being differentiated and is not an input
[[nodiscard]] Tensor record_custom(Tensor output, CustomRule rule, std::vector<Tensor> inputs);

/// y = f(x...), with the cotangents that the rule gives for the cotangent 1. Levels further out see f and the rule too.
template <class F, class Rule, class... X>
[[nodiscard]] auto custom_scalar(const F& f, const Rule& rule, const X&... x) {
    using D = deepest_of<X...>;
    if constexpr (std::is_arithmetic_v<D>) {
        return static_cast<D>(f(x...));
    } else {
        using T = typename Inside<D>::type;
        const std::array<D, sizeof...(X)> numbers{D(x)...};
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            const T y = custom_scalar(f, rule, T(Inside<D>::value(numbers[i]))...);
            const auto given = rule(T(1), y, Inside<D>::value(numbers[i])...);
            std::array<T, sizeof...(X)> cotangents;
            if constexpr (sizeof...(X) == 1 && std::is_convertible_v<decltype(given), T>) cotangents = {T(given)};
            else cotangents = {T(given[i])...};
            if constexpr (requires { numbers[0].number(); }) {
                return statement<T>(y, cotangents, numbers);
            } else {
                return D(y, ((numbers[i].tangent * cotangents[i]) + ...));
            }
        }(std::index_sequence_for<X...>{});
    }
}

template <class X>
inline constexpr bool has_leaves_only_of_tensors = is_tree_v<X> && !std::is_arithmetic_v<X> && !is_scalar_v<X>;

template <class Tree>
void append_leaves(const Tree& tree, std::vector<Tensor>& to) {
    for (Tensor& leaf : differentiable_leaves(tree)) to.push_back(std::move(leaf));
}
/// The floating tensors of a tree, replaced by values[next], ...
template <class Tree>
void take_leaves_from(std::span<const Tensor> values, std::size_t& next, Tree& tree) {
    for_each_leaf(
        [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>)
                if (is_differentiable(leaf)) leaf = values[next++];
        },
        tree);
}

}  // namespace detail

/// f with `rule` as its derivative.
/// @param f     Tensors, or trees of them, -> Tensor; or numbers -> number; what it computes with is not recorded
/// @param rule  (cotangent of the result, result, the same arguments) -> the cotangent of the argument; of several Tensors
/// or
///              numbers a std::array or std::vector of one each, of several trees a std::tuple of a tree each. Linear in the
///              cotangent. Of Tensors it is written in ops, of numbers it is generic, so that it can be differentiated too;
///              forward mode is its transpose.
///
///     auto safe_sqrt = custom_gradient([](const Tensor& x) { return sqrt(x); },
///         [](const Tensor& g, const Tensor& y, const Tensor& x) { return g * 0.5 / maximum(y, constant_like(y, 1e-3)); });
///     auto steep_step = custom_gradient([](auto x) { return x > 0 ? decltype(x)(1) : decltype(x)(0); },
///         [](auto g, auto, auto x) { return g * exp(-x * x); });
template <class F, class Rule>
[[nodiscard]] auto custom_gradient(F f, Rule rule) {
    return [f = std::move(f), rule = std::move(rule)]<class... X>(const X&... x) {
        static_assert((detail::has_leaves_only_of_tensors<X> && ...) || ((is_scalar_v<X> || Number<X>)&&...),
                      "custom_gradient: the arguments are expected to be all Tensors or trees of them, or all numbers");
        if constexpr (!std::is_same_v<detail::deepest_of<X...>, detail::NoScalar>) {
            return detail::custom_scalar(f, rule, x...);
        } else {
            std::vector<Tensor> inputs;
            (detail::append_leaves(x, inputs), ...);
            auto erased = [rule, like = std::tuple(detail::detach_tree(x)...)](const Tensor& cotangent, const Tensor& output,
                                                                               std::span<const Tensor> values) {
                std::size_t next = 0;
                auto trees = like;
                std::apply([&](auto&... tree) { (detail::take_leaves_from(values, next, tree), ...); }, trees);
                const auto result = std::apply([&](const auto&... tree) { return rule(cotangent, output, tree...); }, trees);
                std::vector<Tensor> cotangents;
                if constexpr (sizeof...(X) == 1 &&
                              std::is_same_v<std::tuple<std::remove_const_t<decltype(result)>>, std::tuple<X...>>)
                    detail::append_leaves(result, cotangents);
                else if constexpr (requires { result.begin(); }) cotangents.assign(result.begin(), result.end());
                else std::apply([&](const auto&... tree) { (detail::append_leaves(tree, cotangents), ...); }, result);
                return cotangents;
            };
            return detail::record_custom(f(detail::detach_tree(x)...), std::move(erased), std::move(inputs));
        }
    };
}

}  // namespace cotangent
