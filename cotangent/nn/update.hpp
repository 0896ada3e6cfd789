#pragma once
// What the optimizers share: a rule in scalars, run over every leaf of a model, its gradient and the optimizer's moments.
#include <algorithm>
#include <array>

#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent::nn::detail {

/// @throws ShapeError, DtypeError  one of the tensors differs from the parameter
void check_update(const Tensor& parameter, std::span<const Tensor* const> others);

/// Numbers that a rule takes besides its captures, float64 scalars: those that change from step to step.
template <std::size_t n>
using Numbers = std::array<Tensor, n>;

/// f on `count` elements. Inputs: parameter, gradient, states, numbers; outputs: parameter, states. An input's step is 1 or 0.
template <class T, class F, std::size_t states, std::size_t numbers>
void update_kernel(const void* function, const std::byte* const* inputs, const std::int64_t* steps, std::byte* const* outputs,
                   std::int64_t count) {
    using L = Lanes<T>;
    const F& f = *static_cast<const F*>(function);
    std::array<const T*, 2 + states> from;
    std::array<L, 2 + states> repeated;
    for (std::size_t i = 0; i < from.size(); ++i) {
        from[i] = reinterpret_cast<const T*>(inputs[i]);
        if (steps[i] == 1) continue;
        repeated[i] = L(*from[i]);
        from[i] = reinterpret_cast<const T*>(&repeated[i]);
    }
    std::array<T*, 1 + states> to;
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = reinterpret_cast<T*>(outputs[i]);
    std::array<double, numbers> given;
    const std::byte* const* next = inputs + 2 + states;
    for (double& number : given) number = *reinterpret_cast<const double*>(*next++);
    const auto run = [&]<std::size_t... I>(std::index_sequence<I...>, auto&& load, auto&& store) {
        L p = load(0);
        std::array<L, states> s{load(2 + I)...};
        if constexpr (numbers == 0) f(p, load(1), s[I]...);
        else f(given, p, load(1), s[I]...);
        store(0, p);
        (store(1 + I, s[I]), ...);
    };
    constexpr auto indices = std::make_index_sequence<states>{};
    std::int64_t k = 0;
    for (; k + L::count <= count; k += L::count)
        run(
            indices, [&](std::size_t i) { return L::load(from[i] + k * steps[i]); },
            [&](std::size_t i, const L& value) { value.store(to[i] + k); });
    if (k < count)
        run(
            indices, [&](std::size_t i) { return L::load_part(from[i] + k * steps[i], count - k); },
            [&](std::size_t i, const L& value) { value.store_part(to[i] + k, count - k); });
}

template <class T, class F, std::size_t numbers, class... State>
void trace_update(const F& f, const Numbers<numbers>& given, Tensor& parameter, const Tensor& gradient, State&... state) {
    constexpr std::size_t states = sizeof...(State);
    std::array<Tensor, 1 + states> results;
    for (Tensor& result : results) result = Tensor::uninitialized(parameter.shape(), parameter.dtype());
    std::array<const Tensor*, 2 + states + numbers> inputs{&parameter, &gradient, &state...};
    std::size_t next = 2 + states;
    for (const Tensor& number : given) inputs[next++] = &number;
    cotangent::detail::Operation operation;
    operation.kind = cotangent::detail::Operation::Kind::elementwise;
    operation.name = "update";
    operation.flops = 4.0 * static_cast<double>(parameter.size() * static_cast<std::int64_t>(1 + states));
    operation.kernel = update_kernel<T, F, states, numbers>;
    operation.function = std::make_shared<F>(f);
    {
        const cotangent::detail::InsideOp inside;
        std::array<const std::byte*, inputs.size()> from;
        std::array<std::int64_t, inputs.size()> steps;
        std::array<std::byte*, results.size()> to;
        for (std::size_t i = 0; i < from.size(); ++i) from[i] = inputs[i]->raw();
        steps.fill(1);
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = results[i].template fresh_data<std::byte>();
        operation.kernel(&f, from.data(), steps.data(), to.data(), parameter.size());
    }
    cotangent::detail::trace_state.trace->add(std::move(operation), inputs, results);
    next = 0;
    parameter = results[next++];
    ((state = results[next++]), ...);
}

/// The kernel's inputs for parameter and states that are updated where they stand.
template <std::size_t numbers, std::size_t outputs>
[[nodiscard]] std::array<const std::byte*, 1 + outputs + numbers> inputs_of(const std::array<std::byte*, outputs>& to,
                                                                            const std::byte* gradient,
                                                                            const Numbers<numbers>& given) {
    std::array<const std::byte*, 1 + outputs + numbers> from{to[0], gradient};
    std::copy(to.begin() + 1, to.end(), from.begin() + 2);
    std::size_t next = 1 + outputs;
    for (const Tensor& number : given) from[next++] = number.raw();
    return from;
}

/// f(p, g, state...) on every element, in place: one pass over memory. f takes what it changes by reference:
///     update_leaf([](auto& p, auto g, auto& m) { m = 0.9 * m + g; p -= 0.1 * m; }, {}, parameter, gradient, momentum);
/// With numbers it is f(numbers, p, g, state...), where they are a std::array<double, n>.
template <class F, std::size_t numbers, class... State>
void update_leaf(const F& f, const Numbers<numbers>& given, Tensor& parameter, const Tensor& gradient, State&... state) {
    constexpr std::size_t states = sizeof...(State);
    const std::array<const Tensor*, 1 + states> others{&gradient, &state...};
    check_update(parameter, others);
    const auto run = [&]<class T>(T) {
        if (cotangent::detail::is_tracing()) return trace_update<T>(f, given, parameter, gradient, state...);
        const std::array<std::byte*, 1 + states> to{parameter.mutable_raw(), state.mutable_raw()...};
        const auto from = inputs_of(to, gradient.raw(), given);
        std::array<std::int64_t, from.size()> steps;
        steps.fill(1);
        parallel_for(parameter.size(), 1 << 16, [&](std::int64_t first, std::int64_t last) {
            auto in = from;
            auto out = to;
            for (std::size_t i = 0; i < 2 + states; ++i) in[i] += first * static_cast<std::int64_t>(sizeof(T));
            for (std::byte*& pointer : out) pointer += first * static_cast<std::int64_t>(sizeof(T));
            update_kernel<T, F, states, numbers>(&f, in.data(), steps.data(), out.data(), last - first);
        });
    };
    if (parameter.dtype() == Dtype::float32) run(float{});
    else if (parameter.dtype() == Dtype::float64) run(double{});
}

/// update_leaf for a plain number. One that has never had a gradient is a setting, and stays as it is.
/// @throws ValueError  compile() records: the number would be frozen
template <class F, std::size_t numbers, class T, class... State>
void update_number(const F& f, const Numbers<numbers>& given, T& parameter, const T& gradient, State&... state) {
    constexpr std::size_t states = sizeof...(State);
    if (gradient == 0 && ((state == 0) && ...)) return;
    if (cotangent::detail::is_tracing())
        throw ValueError("update: a plain number of the model has a gradient, which compile() would freeze; make it a tensor");
    const std::array<std::byte*, 1 + states> to{reinterpret_cast<std::byte*>(&parameter), reinterpret_cast<std::byte*>(&state)...};
    const auto from = inputs_of(to, reinterpret_cast<const std::byte*>(&gradient), given);
    std::array<std::int64_t, from.size()> steps;
    steps.fill(1);
    update_kernel<T, F, states, numbers>(&f, from.data(), steps.data(), to.data(), 1);
}

/// update_leaf over all tensors of a model, update_number over its numbers. Integer tensors stay as they are.
/// bfloat16 parameters are not updated in place: train in float32 and cast.
template <class F, std::size_t numbers, class Model, class... State>
void update_tree(const F& f, const Numbers<numbers>& given, Model& model, const Model& gradient, State&... state) {
    for_each_leaf(
        [&]<class Leaf>(Leaf& parameter, const auto& g, auto&... s) {
            if constexpr (std::is_same_v<Leaf, Tensor>) update_leaf(f, given, parameter, g, s...);
            else update_number(f, given, parameter, g, s...);
        },
        model, gradient, state...);
}
template <class F, class Model, class... State>
void update_tree(const F& f, Model& model, const Model& gradient, State&... state) {
    update_tree(f, Numbers<0>{}, model, gradient, state...);
}

}  // namespace cotangent::nn::detail
