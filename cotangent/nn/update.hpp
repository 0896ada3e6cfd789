#pragma once
// What the optimizers share: a rule in scalars, run over every leaf of a model, its gradient and the optimizer's moments.
#include <array>

#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent::nn::detail {

/// @throws ShapeError, DtypeError  one of the tensors differs from the parameter
void check_update(const Tensor& parameter, std::span<const Tensor* const> others);

template <class T, class F, std::size_t... I>
void update_elements(const F& f, std::int64_t count, T* parameter, const T* gradient, const std::array<T*, sizeof...(I)>& state,
                     std::index_sequence<I...>) {
    using L = Lanes<T>;
    parallel_for(count, 1 << 16, [&](std::int64_t first, std::int64_t last) {
        std::int64_t k = first;
        for (; k + L::count <= last; k += L::count) {
            L p = L::load(parameter + k);
            std::array<L, sizeof...(I)> s{L::load(state[I] + k)...};
            f(p, L::load(gradient + k), s[I]...);
            p.store(parameter + k);
            (s[I].store(state[I] + k), ...);
        }
        if (k == last) return;
        L p = L::load_part(parameter + k, last - k);
        std::array<L, sizeof...(I)> s{L::load_part(state[I] + k, last - k)...};
        f(p, L::load_part(gradient + k, last - k), s[I]...);
        p.store_part(parameter + k, last - k);
        (s[I].store_part(state[I] + k, last - k), ...);
    });
}

/// f(p, g, state...) on every element, in place: one pass over memory. f takes what it changes by reference:
///     update_leaf([](auto& p, auto g, auto& m) { m = 0.9 * m + g; p -= 0.1 * m; }, parameter, gradient, momentum);
template <class F, class... State>
void update_leaf(const F& f, Tensor& parameter, const Tensor& gradient, State&... state) {
    const std::array<const Tensor*, 1 + sizeof...(State)> others{&gradient, &state...};
    check_update(parameter, others);
    const auto run = [&]<class T>(T) {
        const std::array<T*, sizeof...(State)> states{reinterpret_cast<T*>(state.mutable_raw())...};
        update_elements<T>(f, parameter.size(), reinterpret_cast<T*>(parameter.mutable_raw()), gradient.data<T>(), states,
                           std::index_sequence_for<State...>{});
    };
    if (parameter.dtype() == Dtype::float32) run(float{});
    else if (parameter.dtype() == Dtype::float64) run(double{});
}

/// update_leaf over all tensors of a model. Integer tensors and plain numbers (hyperparameters) stay as they are.
/// bfloat16 parameters are not updated in place: train in float32 and cast.
template <class F, class Model, class... State>
void update_tree(const F& f, Model& model, const Model& gradient, State&... state) {
    for_each_leaf(
        [&]<class Leaf>(Leaf& parameter, const auto& g, auto&... s) {
            if constexpr (std::is_same_v<Leaf, Tensor>) update_leaf(f, parameter, g, s...);
        },
        model, gradient, state...);
}

}  // namespace cotangent::nn::detail
