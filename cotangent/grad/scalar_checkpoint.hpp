#pragma once
// checkpoint() and checkpointed_loop() over numbers: one statement of the tape, whose rule runs the function again.
#include <memory>

#include "cotangent/grad/preaccumulate.hpp"
#include "cotangent/grad/watch_tree.hpp"

namespace cotangent {
namespace detail {

/// @throws ValueError  the tensor is being differentiated
void check_not_recorded(const Tensor& tensor);

template <class X>
void check_no_recorded_tensors(const X& x) {
    if constexpr (has_tensors<X>)
        zip_scalars(
            x, x, [](const auto&, const auto&) {},
            []<class Part>(const Part& part, const Part&) {
                if constexpr (has_leaves<Part>)
                    for (const Tensor& leaf : leaves(part)) check_not_recorded(leaf);
            });
}

template <class T, class F, class... X>
[[nodiscard]] auto scalar_checkpoint(const F& f, const X&... x) {
    using R = Real<T>;
    (check_no_recorded_tensors(x), ...);
    std::vector<std::uint32_t> numbers;
    for (const R& number : numbers_of<T>(x...)) numbers.push_back(settled(number));
    // Without their statements: what runs now, and again later, starts from values.
    const auto lower = []<class Tree>(const Tree& tree) {
        return rebuild<rebuilt<Tree, ChangeTo<T>>>(tree, [](const auto& s) { return R(s).value(); });
    };
    const std::tuple<rebuilt<X, ChangeTo<T>>...> values{lower(x)...};
    const auto y = std::apply(f, values);
    using Y = std::remove_cvref_t<decltype(y)>;
    if constexpr (!std::is_same_v<scalar_of<Y>, T>) {
        static_assert(!std::is_same_v<T, T>,
                      "checkpoint: the function returns a number that is being differentiated when called with plain ones; "
                      "pass every variable that it uses as an argument");
        return y;  // after the error
    } else {
        auto rule = [f, values](std::span<const T> given, std::span<T> received) {
            const TapeRegion<T> region("checkpoint");
            const Differentiating differentiating;
            const auto lift = []<class Tree>(const Tree& tree) {
                return rebuild<rebuilt<Tree, ChangeTo<R>>>(tree, [](const T& s) { return R(s, tape<T>.push_variable()); });
            };
            const auto lifted = std::apply(
                [&](const auto&... tree) {
                    return std::tuple<rebuilt<std::remove_cvref_t<decltype(tree)>, ChangeTo<R>>...>{lift(tree)...};
                },
                values);
            const std::uint32_t last_variable = tape<T>.count - 1;
            const auto again = std::apply(f, lifted);
            region.check_results(numbers_of<T>(again));
            std::size_t next = 0;
            zip_scalars(
                again, again,
                [&](const R& number, const R&) {
                    if (number.number()) tape<T>.slots[number.number()].adjoint += times(given[next], number.slope());
                    ++next;
                },
                [](const auto&, const auto&) {});
            region.sweep(last_variable);
            for (std::size_t k = 0; k < received.size(); ++k) received[k] = tape<T>.slots[region.begin() + k].adjoint;
        };
        if (std::none_of(numbers.begin(), numbers.end(), [](std::uint32_t number) { return number != 0; }))
            return rebuild<rebuilt<Y, ChangeTo<R>>>(y, [](const T& value) { return R(value, 0); });
        std::uint64_t statement =
            tape<T>.push_function(static_cast<std::uint32_t>(count_scalars(y)), numbers, std::move(rule));
        return rebuild<rebuilt<Y, ChangeTo<R>>>(y, [&](const T& value) { return R(value, statement++); });
    }
}

/// What a loop in pieces keeps: the state before each piece, and its other arguments once.
template <class Advance, class State, class... Rest>
struct LoopInPieces {
    Advance advance;  ///< (state, first, last, rest...) does the steps first to last - 1
    std::int64_t count, length;
    std::vector<State> states;
    std::tuple<Rest...> rest;
    std::vector<std::uint32_t> numbers;  ///< of the first state and of `rest`, settled

    /// The state after a piece.
    template <class From, class Others>
    [[nodiscard]] auto run(std::size_t piece, const From& from, const Others& others) const {
        const std::int64_t first = static_cast<std::int64_t>(piece) * length;
        return std::apply([&](const auto&... x) { return advance(from, first, std::min(count, first + length), x...); },
                          others);
    }
};

template <class T, class Advance, class State, class... Rest>
[[nodiscard]] auto scalar_checkpointed_loop(std::int64_t count, std::int64_t length, const Advance& advance,
                                            const State& state, const Rest&... rest) {
    using R = Real<T>;
    using Values = rebuilt<State, ChangeTo<T>>;
    check_no_recorded_tensors(state);
    (check_no_recorded_tensors(rest), ...);
    const auto lower = []<class Tree>(const Tree& tree) {
        return rebuild<rebuilt<Tree, ChangeTo<T>>>(tree, [](const auto& s) { return R(s).value(); });
    };
    const auto kept = std::make_shared<LoopInPieces<Advance, Values, rebuilt<Rest, ChangeTo<T>>...>>(
        advance, count, length, std::vector<Values>{}, std::tuple<rebuilt<Rest, ChangeTo<T>>...>{lower(rest)...});
    bool varies = false;
    for (const R& number : numbers_of<T>(state, rest...)) {
        kept->numbers.push_back(settled(number));
        varies = varies || kept->numbers.back() != 0;
    }
    Values at = lower(state);
    for (std::size_t piece = 0; static_cast<std::int64_t>(piece) * length < count; ++piece) {
        kept->states.push_back(at);
        at = kept->run(piece, at, kept->rest);
    }
    std::uint64_t statement = 0;
    if (varies && count > 0) {
        auto rule = [kept](std::span<const T> given, std::span<T> received) {
            const TapeRegion<T> region("checkpointed_loop");
            const Differentiating differentiating;
            const auto variable = [] { return tape<T>.push_variable(); };
            std::size_t next = count_scalars(kept->states[0]);
            const auto lift = [&]<class Tree>(const Tree& tree) {
                return rebuild<rebuilt<Tree, ChangeTo<R>>>(
                    tree, [&](const T& s) { return R(s, kept->numbers[next++] ? variable() : 0); });
            };
            const std::tuple<rebuilt<Rest, ChangeTo<R>>...> others = std::apply(
                [&](const auto&... tree) { return std::tuple<rebuilt<Rest, ChangeTo<R>>...>{lift(tree)...}; }, kept->rest);
            const std::uint32_t begin = tape<T>.count;  // of each piece, which is rewound
            std::vector<T> cotangents(given.begin(), given.end());
            for (std::size_t piece = kept->states.size(); piece-- > 0;) {
                const auto from =
                    rebuild<rebuilt<Values, ChangeTo<R>>>(kept->states[piece], [&](const T& s) { return R(s, variable()); });
                const std::uint32_t end = tape<T>.count;
                const std::vector<R> results = numbers_of<T>(kept->run(piece, from, others));
                region.check_results(results);
                for (std::size_t k = 0; k < results.size(); ++k)
                    if (results[k].number())
                        tape<T>.slots[results[k].number()].adjoint += times(cotangents[k], results[k].slope());
                region.sweep(end - 1);
                cotangents.clear();
                for (std::uint32_t k = begin; k < end; ++k) cotangents.push_back(tape<T>.slots[k].adjoint);
                region.rewind(begin);
            }
            std::copy(cotangents.begin(), cotangents.end(), received.begin());
            std::uint32_t number = region.begin();
            for (std::size_t k = cotangents.size(); k < received.size(); ++k)
                if (kept->numbers[k]) received[k] = tape<T>.slots[number++].adjoint;
        };
        statement = tape<T>.push_function(static_cast<std::uint32_t>(count_scalars(at)), kept->numbers, std::move(rule));
    } else if (varies) {
        return state;  // no steps
    }
    return rebuild<State>(at, [&](const T& value) { return R(value, statement ? statement++ : 0); });
}

}  // namespace detail
}  // namespace cotangent
