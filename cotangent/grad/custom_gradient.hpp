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
template <class F>
consteval void refuse_arguments() {
    static_assert(std::is_void_v<F>,
                  "custom_gradient: the arguments are expected to be all Tensors or trees of them, or all single numbers");
}
template <class F>
consteval void refuse_result() {
    static_assert(std::is_void_v<F>, "custom_gradient: f returns something else than one Tensor, or one number of numbers");
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
/// Is f a function from X... to Y?
template <class F, class Y, class... X>
consteval bool is_function() {
    if constexpr (!std::is_invocable_v<const F&, const X&...>) {
        refuse_function<F>();
        return false;
    } else {
        constexpr bool fits = std::is_constructible_v<Y, std::invoke_result_t<const F&, const X&...>>;
        if constexpr (!fits) refuse_result<F>();
        return fits;
    }
}
template <class Rule, class Y, class... X>
consteval bool is_rule() {
    constexpr bool takes = std::is_invocable_v<const Rule&, const Y&, const Y&, const X&...>;
    if constexpr (!takes) refuse_rule<Rule>();
    return takes;
}
template <class T>
inline constexpr int tuple_size_or_any = -1;
template <class T>
    requires requires { std::tuple_size<T>::value; }
inline constexpr int tuple_size_or_any<T> = static_cast<int>(std::tuple_size_v<T>);
/// Is Given what a rule returns for n numbers T: one for one, else an array or vector of them?
template <class Rule, class Given, class T, int n>
consteval bool are_cotangents() {
    constexpr bool one = n == 1 && std::is_convertible_v<Given, T>;
    constexpr bool each =
        requires(const Given& given) {
            { given[0] } -> std::convertible_to<T>;
        } && (tuple_size_or_any<Given> == -1 || tuple_size_or_any<Given> == n) &&
        !std::is_convertible_v<Given, std::string_view>;
    if constexpr (!one && !each) refuse_cotangents<Rule>();
    return one || each;
}
/// Is Given a tuple or pair of the types X...?
template <class Given, class... X>
inline constexpr bool is_tuple_of = false;
template <class... G, class... X>
    requires(sizeof...(G) == sizeof...(X))
inline constexpr bool is_tuple_of<std::tuple<G...>, X...> = (std::is_same_v<std::remove_cvref_t<G>, X> && ...);
template <class A, class B, class... X>
inline constexpr bool is_tuple_of<std::pair<A, B>, X...> = is_tuple_of<std::tuple<A, B>, X...>;

template <class, class T>
using Replaced = T;
/// What the rule returns for a result Y of X....
template <class Rule, class Y, class... X>
using GivenBy = std::remove_cvref_t<std::invoke_result_t<const Rule&, const Y&, const Y&, const X&...>>;
/// @throws ValueError  there is not one for each argument
void check_cotangent_count(std::size_t seen, std::size_t expected);

/// y = f(x...), with the cotangents that the rule gives for the cotangent 1. Levels further out see f and the rule too.
template <class F, class Rule, class... X>
[[nodiscard]] auto custom_scalar(const F& f, const Rule& rule, const X&... x) {
    using D = deepest_of<X...>;
    if constexpr (std::is_arithmetic_v<D>) {
        if constexpr (is_function<F, D, X...>()) return static_cast<D>(f(x...));
        else return D();  // after the error
    } else {
        using T = typename Inside<D>::type;
        const std::array<D, sizeof...(X)> numbers{D(x)...};
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            const T y = custom_scalar(f, rule, T(Inside<D>::value(numbers[i]))...);
            if constexpr (!is_rule<Rule, T, Replaced<X, T>...>()) {
                return D();  // after the error
            } else if constexpr (!are_cotangents<Rule, GivenBy<Rule, T, Replaced<X, T>...>, T, sizeof...(X)>()) {
                return D();  // after the error
            } else {
                const T one(1);
                const auto given = rule(one, y, Inside<D>::value(numbers[i])...);
                std::array<T, sizeof...(X)> cotangents;
                if constexpr (sizeof...(X) == 1 && std::is_convertible_v<decltype(given), T>) {
                    cotangents = {T(given)};
                } else {
                    if constexpr (requires { given.size(); }) check_cotangent_count(given.size(), sizeof...(X));
                    cotangents = {T(given[i])...};
                }
                if constexpr (requires { numbers[0].number(); }) return statement<T>(y, cotangents, numbers);
                else return D(y, ((numbers[i].tangent * cotangents[i]) + ...));
            }
        }(std::index_sequence_for<X...>{});
    }
}

template <class X>
inline constexpr bool has_leaves_only_of_tensors = is_tree_v<X> && !std::is_arithmetic_v<X> && !has_scalars<X>;

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

/// Is Given what a rule of tensors returns for arguments X...?
template <class Rule, class Given, class... X>
consteval bool are_cotangents_of_trees() {
    constexpr bool fine =
        std::is_same_v<std::tuple<Given>, std::tuple<X...>> || is_tuple_of<Given, X...> ||
        requires(const Given& given) { requires std::is_same_v<std::remove_cvref_t<decltype(*given.begin())>, Tensor>; };
    if constexpr (!fine) refuse_cotangents<Rule>();
    return fine;
}
/// What a rule returned for arguments X..., as a list of tensors.
template <class... X, class Given>
[[nodiscard]] std::vector<Tensor> leaves_of_cotangents(const Given& given) {
    std::vector<Tensor> cotangents;
    if constexpr (std::is_same_v<std::tuple<Given>, std::tuple<X...>>) append_leaves(given, cotangents);
    else if constexpr (is_tuple_of<Given, X...>)
        std::apply([&](const auto&... tree) { (append_leaves(tree, cotangents), ...); }, given);
    else cotangents.assign(given.begin(), given.end());
    return cotangents;
}

}  // namespace detail

/// f with `rule` as its derivative.
/// @param f     Tensors, or trees of them, -> Tensor; or numbers -> number; what it computes with is not recorded
/// @param rule  (cotangent of the result, result, the same arguments) -> the cotangent of the argument; of several Tensors
/// or
///              numbers a std::array or std::vector of one each, of several trees a std::tuple of a tree each. Linear in the
///              cotangent. Of Tensors it is written in ops, of numbers it is generic, so that it can be differentiated too;
///              forward mode is its transpose. As in the rule of an op, a cotangent of the shape that the argument was
///              broadcast to is summed, and cast to the argument's dtype. Integers have none.
/// @throws ShapeError, ValueError  in a derivative: a cotangent of another shape, or another number of them
///
///     auto safe_sqrt = custom_gradient([](const Tensor& x) { return sqrt(x); },
///         [](const Tensor& g, const Tensor& y, const Tensor& x) { return g * 0.5 / maximum(y, constant_like(y, 1e-3)); });
///     auto steep_step = custom_gradient([](auto x) { return x > 0 ? decltype(x)(1) : decltype(x)(0); },
///         [](auto g, auto, auto x) { return g * exp(-x * x); });
template <class F, class Rule>
[[nodiscard]] auto custom_gradient(F f, Rule rule) {
    return [f = std::move(f), rule = std::move(rule)]<class... X>(const X&... x) {
        constexpr bool fine = (detail::has_leaves_only_of_tensors<X> && ...) || ((is_scalar_v<X> || Number<X>)&&...);
        if constexpr (!fine) {
            detail::refuse_arguments<F>();
            return detail::deepest_of<X...>();  // after the error
        } else if constexpr (!std::is_same_v<detail::deepest_of<X...>, detail::NoScalar>) {
            return detail::custom_scalar(f, rule, x...);
        } else if constexpr ((Number<X> && ...)) {
            return f(x...);  // integers
        } else if constexpr (!detail::is_function<F, Tensor, X...>()) {
            return Tensor();  // after the error
        } else if constexpr (!detail::is_rule<Rule, Tensor, X...>()) {
            return Tensor();  // after the error
        } else {
            if constexpr (detail::are_cotangents_of_trees<Rule, detail::GivenBy<Rule, Tensor, X...>, X...>()) {
                std::vector<Tensor> inputs;
                (detail::append_leaves(x, inputs), ...);
                const auto constants = std::make_tuple(detail::detach_tree(x)...);
                auto erased = [rule, constants](const Tensor& cotangent, const Tensor& output,
                                                std::span<const Tensor> values) {
                    std::size_t next = 0;
                    auto trees = constants;
                    std::apply([&](auto&... tree) { (detail::take_leaves_from(values, next, tree), ...); }, trees);
                    return detail::leaves_of_cotangents<X...>(
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
