#pragma once
// A function with a derivative of its own.
#include <functional>
#include <vector>

#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace detail {

using CustomRule = std::function<std::vector<Tensor>(const Tensor& cotangent, const Tensor& output, std::span<const Tensor> inputs)>;
/// @throws ValueError  the output depends on a tensor that is being differentiated and is not an input
[[nodiscard]] Tensor record_custom(Tensor output, CustomRule rule, std::vector<Tensor> inputs);

}  // namespace detail

/// f with `rule` as its derivative.
/// @param f     Tensors -> Tensor; what it computes with is not recorded
/// @param rule  (cotangent of the result, result, the same Tensors) -> a Tensor, or std::array / std::vector of Tensors:
///              the cotangent of each argument. Linear in the cotangent; written in ops, so it can be differentiated too,
///              and forward mode is its transpose.
///
///     auto safe_sqrt = custom_gradient([](const Tensor& x) { return sqrt(x); },
///         [](const Tensor& g, const Tensor& y, const Tensor& x) { return g * 0.5 / maximum(y, constant_like(y, 1e-3)); });
template <class F, class Rule>
[[nodiscard]] auto custom_gradient(F f, Rule rule) {
    return [f = std::move(f), rule = std::move(rule)]<class... X>(const X&... x) {
        static_assert((std::is_same_v<X, Tensor> && ...), "custom_gradient: arguments are Tensors");
        auto erased = [rule](const Tensor& cotangent, const Tensor& output, std::span<const Tensor> inputs) {
            return [&]<std::size_t... I>(std::index_sequence<I...>) -> std::vector<Tensor> {
                auto result = rule(cotangent, output, inputs[I]...);
                if constexpr (std::is_same_v<decltype(result), Tensor>) return {result};
                else return {result.begin(), result.end()};
            }(std::index_sequence_for<X...>{});
        };
        return detail::record_custom(f(x.detached()...), std::move(erased), {x...});
    };
}

}  // namespace cotangent
