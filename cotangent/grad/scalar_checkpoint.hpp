#pragma once
// checkpoint() over numbers: one statement of the tape, whose rule runs the function again.
#include "cotangent/grad/preaccumulate.hpp"
#include "cotangent/grad/watch_tree.hpp"

namespace cotangent {
namespace detail {

/// @throws ValueError  the tensor is being differentiated
void check_not_recorded(const Tensor& tensor);

template <class X>
void check_no_recorded_tensors(const X& x) {
    if constexpr (has_tensors<X>)
        zip_scalars<false>(
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
            zip_scalars<false>(
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
        std::uint64_t statement = tape<T>.push_function(static_cast<std::uint32_t>(count_scalars(y)), numbers, std::move(rule));
        return rebuild<rebuilt<Y, ChangeTo<R>>>(y, [&](const T& value) { return R(value, statement++); });
    }
}

}  // namespace detail
}  // namespace cotangent
