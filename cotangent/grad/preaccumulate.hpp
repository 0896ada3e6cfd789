#pragma once
// A small function as few statements: only the derivatives of its results with respect to its arguments reach the tape, not
// what it computes in between. It pays for a function with few arguments and results and much work: the body of a loop.
#include <tuple>

#include "cotangent/grad/mixed.hpp"

namespace cotangent {
namespace detail {

/// Up to so many numbers, known when compiled, the function runs on dual numbers; beyond, on a tape of its own.
inline constexpr int most_preaccumulated_forward = 32;

template <class T, int n, class F, class... X>
[[nodiscard]] auto preaccumulate_forward(const F& f, const X&... x) {
    using D = Dual<T, Tangents<T, n>>;
    const CrossingScope<D> scope;
    std::array<Real<T>, n> numbers;
    std::size_t next = 0;
    const auto lift = [&]<class Tree>(const Tree& tree) {
        return rebuild<rebuilt<Tree, ChangeTo<D>>>(tree, [&](const auto& s) {
            numbers[next] = Real<T>(s);
            D dual(numbers[next].value());
            dual.tangent = Tangents<T, n>::unit(static_cast<int>(next++));
            return dual;
        });
    };
    const std::tuple<rebuilt<X, ChangeTo<D>>...> lifted{lift(x)...};  // braces: left to right
    const auto y = std::apply(f, lifted);
    using Y = std::remove_cvref_t<decltype(y)>;
    return rebuild<rebuilt<Y, ChangeFrom<D, Real<T>>>>(y, [&]<class N>(const N& number) {
        if constexpr (!std::is_same_v<N, D>) {
            return number;
        } else {
            std::array<T, n> partials;
            for (int i = 0; i < n; ++i) partials[static_cast<std::size_t>(i)] = number.tangent[i];
            return statement<T>(number.value, partials, numbers);
        }
    });
}

template <class T, class F, class... X>
[[nodiscard]] auto preaccumulate_reverse(const F& f, const X&... x) {
    using R = Real<T>;
    const std::vector<R> numbers = numbers_of<T>(x...);
    struct Statement {
        T value;
        std::vector<T> partials;
    };
    std::vector<Statement> statements;
    const auto y = [&] {
        const TapeRegion<T> region("preaccumulate");
        const CrossingScope<R> scope;
        const auto lift = [&]<class Tree>(const Tree& tree) {
            return rebuild<rebuilt<Tree, ChangeTo<R>>>(
                tree, [](const auto& s) { return R(R(s).value(), tape<T>.push_variable()); });
        };
        const std::tuple<rebuilt<X, ChangeTo<R>>...> lifted{lift(x)...};
        const std::uint32_t last_variable = tape<T>.count - 1;
        auto result = std::apply(f, lifted);
        region.check_results(numbers_of<T>(result));
        zip_scalars(
            result, result,
            [&](const R& number, const R&) {
                Statement& of_result = statements.emplace_back(number.value(), std::vector<T>(numbers.size(), T(0)));
                if (number.number() == 0) return;
                tape<T>.slots[number.number()].adjoint += number.slope();
                region.sweep(last_variable);
                for (std::size_t k = 0; k < numbers.size(); ++k)
                    of_result.partials[k] = std::exchange(tape<T>.slots[region.begin() + k].adjoint, T(0));
            },
            [](const auto&, const auto&) {});
        return result;
    }();
    auto next = statements.begin();
    using Y = std::remove_cvref_t<decltype(y)>;
    return rebuild<Y>(y, [&]<class N>(const N& number) {
        const Statement& of_result = *next++;
        if constexpr (std::is_same_v<N, R>) return statement<T>(of_result.value, of_result.partials, numbers);
        else return number;
    });
}

}  // namespace detail

/// f, a generic function of numbers or trees of them to a number or a tree of them, with the same values and derivatives.
///
///     state = preaccumulate(step)(state, parameters);      // one statement a number of the new state
///
/// Where nobody differentiates in reverse it is f. f takes every variable as an argument.
/// @throws ValueError  f uses a variable that is not an argument
/// @source Utke 2006 and Griewank, Walther 2008, section 10.2: preaccumulation of local Jacobians
template <class F>
[[nodiscard]] auto preaccumulate(F f) {
    return [f = std::move(f)]<class... X>(const X&... x) {
        using D = detail::deepest_of<X...>;
        if constexpr (requires(const D& number) { number.number(); }) {
            using T = typename detail::Inside<D>::type;
            constexpr int count = detail::CountMembers<std::tuple<X...>>::count();
            if constexpr (count > 0 && count <= detail::most_preaccumulated_forward)
                return detail::preaccumulate_forward<T, count>(f, x...);
            else return detail::preaccumulate_reverse<T>(f, x...);
        } else {
            return f(x...);
        }
    };
}

}  // namespace cotangent
