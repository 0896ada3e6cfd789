#pragma once
// What <cmath> and the language have for numbers beside the functions with rules of their own (dual_math.hpp,
// real_math.hpp): questions, choices between two numbers, steps by one. For Real and Dual alike, at any depth.
#include <cmath>
#include <ostream>

#include "cotangent/grad/scalars.hpp"

namespace cotangent {

namespace detail {
template <class T>
inline constexpr bool is_around_a_number = std::is_floating_point_v<T>;
template <class T>
inline constexpr bool is_around_a_number<Real<T>> = is_around_a_number<T>;
template <class T, class V>
inline constexpr bool is_around_a_number<Dual<T, V>> = is_around_a_number<T>;
}  // namespace detail

/// A number of a derivative: Real or Dual.
template <class D>
concept DerivativeNumber = detail::is_around_a_number<D> && !std::is_arithmetic_v<D>;
/// Two numbers, at least one of which is of a derivative.
template <class A, class B>
concept DerivativeNumbers =
    (DerivativeNumber<A> && (DerivativeNumber<B> || Number<B>)) || (Number<A> && DerivativeNumber<B>);

namespace detail {
/// f(a, b) of two numbers of one type: the deeper of the two.
template <class A, class B, class F>
[[nodiscard]] auto of_deeper(const A& a, const B& b, F f) {
    if constexpr (OfTwoDerivatives<A, B>) {
        refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>();
        return a;
    } else {
        using D = deepest_of<A, B>;
        return f(D(a), D(b));
    }
}
}  // namespace detail

/// Prints the value.
template <DerivativeNumber D>
std::ostream& operator<<(std::ostream& out, const D& x) {
    return out << primal(x);
}

// Of the value.
// clang-format off
template <DerivativeNumber D> [[nodiscard]] bool isnan(const D& x) { return std::isnan(primal(x)); }
template <DerivativeNumber D> [[nodiscard]] bool isinf(const D& x) { return std::isinf(primal(x)); }
template <DerivativeNumber D> [[nodiscard]] bool isfinite(const D& x) { return std::isfinite(primal(x)); }
template <DerivativeNumber D> [[nodiscard]] bool signbit(const D& x) { return std::signbit(primal(x)); }

// Their derivatives are zero: constants.
template <DerivativeNumber D> [[nodiscard]] D rint(const D& x) { return D(std::rint(primal(x))); }
template <DerivativeNumber D> [[nodiscard]] D nearbyint(const D& x) { return D(std::nearbyint(primal(x))); }
// clang-format on

/// The larger one; where one is NaN the other. Equal ones share the derivative, as in maximum.
template <class A, class B>
    requires DerivativeNumbers<A, B>
[[nodiscard]] auto fmax(const A& a, const B& b) {
    return detail::of_deeper(a, b, [](const auto& x, const auto& y) { return isnan(x) ? y : isnan(y) ? x : maximum(x, y); });
}
/// The smaller one; where one is NaN the other. Equal ones share the derivative, as in minimum.
template <class A, class B>
    requires DerivativeNumbers<A, B>
[[nodiscard]] auto fmin(const A& a, const B& b) {
    return detail::of_deeper(a, b, [](const auto& x, const auto& y) { return isnan(x) ? y : isnan(y) ? x : minimum(x, y); });
}
/// a with the sign of b; its derivative by b is zero.
template <class A, class B>
    requires DerivativeNumbers<A, B>
[[nodiscard]] auto copysign(const A& a, const B& b) {
    return detail::of_deeper(a, b, []<class D>(const D& x, const D& y) { return signbit(x) == signbit(y) ? x : D(-x); });
}
/// a * b + c.
template <class A, class B, class C>
    requires(DerivativeNumbers<A, B> || DerivativeNumbers<A, C> || DerivativeNumbers<B, C>)
[[nodiscard]] auto fma(const A& a, const B& b, const C& c) {
    return a * b + c;
}

template <DerivativeNumber D>
D& operator++(D& x) {
    return x += 1;
}
template <DerivativeNumber D>
D& operator--(D& x) {
    return x -= 1;
}
template <DerivativeNumber D>
D operator++(D& x, int) {
    D before = x;
    x += 1;
    return before;
}
template <DerivativeNumber D>
D operator--(D& x, int) {
    D before = x;
    x -= 1;
    return before;
}

}  // namespace cotangent
