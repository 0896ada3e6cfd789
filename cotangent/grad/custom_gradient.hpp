#pragma once
// A function with a derivative of its own.
#include <functional>
#include <vector>

#include "cotangent/grad/scalars.hpp"
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

}  // namespace detail

/// f with `rule` as its derivative.
/// @param f     Tensors -> Tensor, or numbers -> number; what it computes with is not recorded
/// @param rule  (cotangent of the result, result, the same arguments) -> the cotangent of the argument, or a std::array or
///              std::vector of one an argument. Linear in the cotangent. Of Tensors it is written in ops, of numbers it is
///              generic, so that it can be differentiated too; forward mode is its transpose.
///
///     auto safe_sqrt = custom_gradient([](const Tensor& x) { return sqrt(x); },
///         [](const Tensor& g, const Tensor& y, const Tensor& x) { return g * 0.5 / maximum(y, constant_like(y, 1e-3)); });
///     auto steep_step = custom_gradient([](auto x) { return x > 0 ? decltype(x)(1) : decltype(x)(0); },
///         [](auto g, auto, auto x) { return g * exp(-x * x); });
template <class F, class Rule>
[[nodiscard]] auto custom_gradient(F f, Rule rule) {
    return [f = std::move(f), rule = std::move(rule)]<class... X>(const X&... x) {
        static_assert((std::is_same_v<X, Tensor> && ...) || ((is_scalar_v<X> || Number<X>)&&...),
                      "custom_gradient: the arguments are expected to be all Tensors, or all numbers");
        if constexpr (!std::is_same_v<detail::deepest_of<X...>, detail::NoScalar>) {
            return detail::custom_scalar(f, rule, x...);
        } else {
            auto erased = [rule](const Tensor& cotangent, const Tensor& output, std::span<const Tensor> inputs) {
                return [&]<std::size_t... I>(std::index_sequence<I...>) -> std::vector<Tensor> {
                    auto result = rule(cotangent, output, inputs[I]...);
                    if constexpr (std::is_same_v<decltype(result), Tensor>) return {result};
                    else return {result.begin(), result.end()};
                }(std::index_sequence_for<X...>{});
            };
            return detail::record_custom(f(x.detached()...), std::move(erased), {x...});
        }
    };
}

}  // namespace cotangent
