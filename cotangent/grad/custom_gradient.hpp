#pragma once
// A function with a derivative of its own.
#include <functional>
#include <string_view>
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

// What is wrong with f or its rule is said once, whatever types they are called with.
template <class F>
consteval void refuse_function() {
    static_assert(std::is_void_v<F>,
                  "custom_gradient: f cannot be called with these arguments; it takes them as values or const "
                  "references, numbers of any type");
}
template <class Rule>
consteval void refuse_rule() {
    static_assert(std::is_void_v<Rule>,
                  "custom_gradient: the rule cannot be called with the cotangent of the result, the result, and the "
                  "arguments of f");
}
template <class Rule>
consteval void refuse_cotangents() {
    static_assert(std::is_void_v<Rule>,
                  "custom_gradient: the rule returns something else than the cotangent of the argument; of several "
                  "Tensors or numbers a std::array or std::vector of one each, of several trees a std::tuple");
}
/// Can f and its rule be called with these arguments?
template <class F, class Rule, class Y, class... X>
consteval bool are_function_and_rule() {
    constexpr bool takes = std::is_invocable_v<const F&, const X&...>;
    constexpr bool rule_takes = std::is_invocable_v<const Rule&, const Y&, const Y&, const X&...>;
    if constexpr (!takes) refuse_function<F>();
    else if constexpr (!rule_takes) refuse_rule<Rule>();
    return takes && rule_takes;
}
/// Is Given what a rule returns for n numbers T: one for one, else an array or vector of them?
template <class Rule, class Given, class T, std::size_t n>
consteval bool are_cotangents() {
    constexpr bool one = n == 1 && std::is_convertible_v<Given, T>;
    constexpr bool each = requires(const Given& given) {
        { given[0] } -> std::convertible_to<T>;
        given.size();
    } && !std::is_convertible_v<Given, std::string_view>;
    if constexpr (!one && !each) refuse_cotangents<Rule>();
    return one || each;
}
template <class, class T>
using Replaced = T;
/// @throws ValueError  there is not one for each argument
void check_cotangent_count(std::size_t seen, std::size_t expected);

/// y = f(x...), with the cotangents that the rule gives for the cotangent 1. Levels further out see f and the rule too.
template <class F, class Rule, class... X>
[[nodiscard]] auto custom_scalar(const F& f, const Rule& rule, const X&... x) {
    using D = deepest_of<X...>;
    if constexpr (std::is_arithmetic_v<D>) {
        if constexpr (are_function_and_rule<F, Rule, D, X...>()) return static_cast<D>(f(x...));
        else return D();  // after the error
    } else {
        using T = typename Inside<D>::type;
        const std::array<D, sizeof...(X)> numbers{D(x)...};
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            const T y = custom_scalar(f, rule, T(Inside<D>::value(numbers[i]))...);
            if constexpr (!are_function_and_rule<F, Rule, T, Replaced<X, T>...>()) {
                return D();  // after the error
            } else if constexpr (!are_cotangents<
                                     Rule, std::invoke_result_t<const Rule&, const T&, const T&, const Replaced<X, T>&...>,
                                     T, sizeof...(X)>()) {
                return D();  // after the error
            } else {
                const T one(1);
                const auto given = rule(one, y, Inside<D>::value(numbers[i])...);
                std::array<T, sizeof...(X)> cotangents;
                if constexpr (sizeof...(X) == 1 && std::is_convertible_v<decltype(given), T>) {
                    cotangents = {T(given)};
                } else {
                    check_cotangent_count(given.size(), sizeof...(X));
                    cotangents = {T(given[i])...};
                }
                if constexpr (requires { numbers[0].number(); }) return statement<T>(y, cotangents, numbers);
                else return D(y, ((numbers[i].tangent * cotangents[i]) + ...));
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

/// What a rule returned for arguments X..., as a list of tensors.
template <class Rule, class... X, class Result>
[[nodiscard]] std::vector<Tensor> leaves_of_cotangents(const Result& result) {
    constexpr bool one = std::is_same_v<std::tuple<Result>, std::tuple<X...>>;
    constexpr bool each = requires { requires std::is_same_v<std::remove_cvref_t<decltype(*result.begin())>, Tensor>; };
    constexpr bool trees = std::is_same_v<Result, std::tuple<X...>>;
    if constexpr (!one && !each && !trees) refuse_cotangents<Rule>();
    std::vector<Tensor> cotangents;
    if constexpr (one) append_leaves(result, cotangents);
    else if constexpr (each) cotangents.assign(result.begin(), result.end());
    else if constexpr (trees) std::apply([&](const auto&... tree) { (append_leaves(tree, cotangents), ...); }, result);
    return cotangents;
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
            if constexpr (detail::are_function_and_rule<F, Rule, Tensor, X...>()) {
                std::vector<Tensor> inputs;
                (detail::append_leaves(x, inputs), ...);
                const auto constants = std::make_tuple(detail::detach_tree(x)...);
                auto erased = [rule, constants](const Tensor& cotangent, const Tensor& output,
                                                std::span<const Tensor> values) {
                    std::size_t next = 0;
                    auto trees = constants;
                    std::apply([&](auto&... tree) { (detail::take_leaves_from(values, next, tree), ...); }, trees);
                    return detail::leaves_of_cotangents<Rule, X...>(
                        std::apply([&](const auto&... tree) { return rule(cotangent, output, tree...); }, trees));
                };
                return detail::record_custom(std::apply(f, constants), std::move(erased), std::move(inputs));
            } else {
                return Tensor();  // after the error
            }
        }
    };
}

}  // namespace cotangent
