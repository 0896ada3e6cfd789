#pragma once
// Trading time for memory: nothing inside the function is kept; the way back runs it again.
#include <cmath>
#include <vector>

#include "cotangent/grad/scalar_checkpoint.hpp"
#include "cotangent/tensor/composed.hpp"

namespace cotangent {
namespace detail {

/// `outputs` = f(inputs) as one record. `first` is an id from before f ran on detached inputs: an older record under the
/// outputs is a tensor that came in by another way.
/// @throws ValueError  the outputs depend on a tensor that is being differentiated and is not an input
[[nodiscard]] std::vector<Tensor> record_checkpoint(Composition f, std::uint64_t first, std::vector<Tensor> outputs,
                                                    std::vector<Tensor> inputs);

template <class F, class... X>
auto tensor_checkpoint(const F& f, const X&... x) {
    using Y = std::remove_cvref_t<decltype(f(x...))>;
    if (!is_recording()) return Y(f(x...));
    std::vector<Tensor> inputs;
    const auto append = [&](const auto& tree) {
        for (Tensor& leaf : leaves(tree)) inputs.push_back(std::move(leaf));
    };
    (append(x), ...);
    auto run_again = [f, arguments = std::tuple<X...>(detach_tree(x)...)](std::span<const Tensor> values) {
        const auto take = [&](const auto& tree) {
            const std::size_t count = leaves(tree).size();
            auto result = with_leaves(tree, values.first(count));
            values = values.subspan(count);
            return result;
        };
        return std::apply(
            [&](const auto&... tree) {
                std::tuple<X...> replaced{take(tree)...};  // braces: left to right
                return leaves(std::apply(f, replaced));
            },
            arguments);
    };
    const std::uint64_t first = next_id();
    const Y y = f(detach_tree(x)...);
    return with_leaves(y, record_checkpoint(std::move(run_again), first, leaves(y), std::move(inputs)));
}

}  // namespace detail

/// f, of trees to a tree, with the same values and derivatives, remembering only its arguments. f must compute the same
/// each time, and take every tensor and number that is to be differentiated as an argument. Of numbers and tensors in one
/// argument list, the tensors are constants.
/// @throws ValueError  f uses a variable that is not an argument, or there are numbers and a tensor that is differentiated
/// @source Griewank 1992, doi:10.1080/10556789208805505
template <class F>
[[nodiscard]] auto checkpoint(F f) {
    return [f = std::move(f)]<class... X>(const X&... x) {
        using D = detail::deepest_of<X...>;
        if constexpr (requires(const D& number) { number.number(); }) {
            return detail::scalar_checkpoint<typename detail::Inside<D>::type>(f, x...);
        } else if constexpr (!(detail::has_tensors<X> || ...)) {
            return f(x...);
        } else {
            return detail::tensor_checkpoint(f, x...);
        }
    };
}

/// `count` steps of `state = step(state, i, rest...)`, differentiated in memory that grows with the square root of `count`:
/// only the state at about sqrt(count) places is kept, and the steps between two of them run again on the way back, once.
/// The state is a tree of numbers or of tensors; `rest` are trees, and every variable that `step` uses is among them. They are
/// kept once, where they are numbers.
///
///     State last = checkpointed_loop(100000, [](auto s, std::int64_t, const auto& p) { return advance(s, p); }, first, p);
///
/// @source Chen, Xu, Zhang, Guestrin 2016, arXiv:1604.06174; Griewank, Walther 2008, chapter 12
template <class Step, class State, class... Rest>
[[nodiscard]] State checkpointed_loop(std::int64_t count, Step step, State state, const Rest&... rest) {
    using D = detail::deepest_of<State, Rest...>;
    const auto length =
        static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(std::max<std::int64_t>(count, 1)))));
    const auto advance = [step](auto inner, std::int64_t first, std::int64_t last, const auto&... others) {
        constexpr bool keeps_type =
            std::is_assignable_v<decltype((inner)), decltype(step(std::move(inner), first, others...))>;
        static_assert(keeps_type,
                      "checkpointed_loop: step returns another type than the state that it is given; expected the same, "
                      "and every variable that it uses among its arguments");
        if constexpr (keeps_type)
            for (std::int64_t i = first; i < last; ++i) inner = step(std::move(inner), i, others...);
        return inner;
    };
    if constexpr (requires(const D& number) { number.number(); } && std::is_same_v<detail::scalar_of<State>, D>) {
        return detail::scalar_checkpointed_loop<typename detail::Inside<D>::type>(count, length, advance, state, rest...);
    } else {
        for (std::int64_t first = 0; first < count; first += length)
            state = checkpoint(
                [advance, first, last = std::min(count, first + length)](const auto& inner, const auto&... others) {
                    return advance(inner, first, last, others...);
                })(state, rest...);
        return state;
    }
}

}  // namespace cotangent
