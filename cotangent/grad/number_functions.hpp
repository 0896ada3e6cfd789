#pragma once
// What <cmath> and the language have for numbers beside the functions with rules of their own (dual_math.hpp,
// real_math.hpp): questions, choices between two numbers, steps by one. For Real and Dual alike, at any depth.
#include <cmath>

#include "cotangent/grad/scalars.hpp"

namespace cotangent {

/// A number of a derivative: Real or Dual.
template <class D>
concept DerivativeNumber = is_scalar_v<D> && !std::is_arithmetic_v<D>;
/// Two numbers, at least one of which is of a derivative.
template <class A, class B>
concept DerivativeNumbers =
    (DerivativeNumber<A> || DerivativeNumber<B>)&&(is_scalar_v<A> || Number<A>)&&(is_scalar_v<B> || Number<B>);

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
    using D = detail::deepest_of<A, B>;
    const D x(a), y(b);
    return isnan(x) ? y : isnan(y) ? x : maximum(x, y);
}
/// The smaller one; where one is NaN the other. Equal ones share the derivative, as in minimum.
template <class A, class B>
    requires DerivativeNumbers<A, B>
[[nodiscard]] auto fmin(const A& a, const B& b) {
    using D = detail::deepest_of<A, B>;
    const D x(a), y(b);
    return isnan(x) ? y : isnan(y) ? x : minimum(x, y);
}
/// a with the sign of b; its derivative by b is zero.
template <class A, class B>
    requires DerivativeNumbers<A, B>
[[nodiscard]] auto copysign(const A& a, const B& b) {
    using D = detail::deepest_of<A, B>;
    const D x(a);
    return signbit(x) == signbit(D(b)) ? x : D(-x);
}
/// a * b + c, each step rounded.
template <class A, class B, class C>
    requires(DerivativeNumbers<A, B> || DerivativeNumbers<A, C>)
[[nodiscard]] detail::deepest_of<A, B, C> fma(const A& a, const B& b, const C& c) {
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
