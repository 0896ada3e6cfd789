#pragma once
// The functions of dual numbers. Each is its own derivative rule: reverse mode reads its rules from here too. They call the
// functions of T, whatever T is: numbers find them in std, everything else by its namespace.
#include <math.h>  // not <cmath>: a function that is called by a plain name, abs(x), is that of doubles for a double too
#include <stdlib.h>

#include "cotangent/tensor/dual.hpp"

namespace cotangent {

template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> exp(const Dual<T, V>& x) {
    using std::exp;
    const T y = exp(x.value);
    return {y, x.tangent * y};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> expm1(const Dual<T, V>& x) {
    using std::expm1;
    const T y = expm1(x.value);
    return {y, x.tangent * (y + 1)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> exp2(const Dual<T, V>& x) {
    using std::exp2;
    const T y = exp2(x.value);
    return {y, x.tangent * (detail::beside<T>(0.6931471805599453) * y)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> log(const Dual<T, V>& x) {
    using std::log;
    return {log(x.value), x.tangent / x.value};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> log1p(const Dual<T, V>& x) {
    using std::log1p;
    return {log1p(x.value), x.tangent / (1 + x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> log2(const Dual<T, V>& x) {
    using std::log2;
    return {log2(x.value), x.tangent * (detail::beside<T>(1.4426950408889634) / x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> log10(const Dual<T, V>& x) {
    using std::log10;
    return {log10(x.value), x.tangent * (detail::beside<T>(0.4342944819032518) / x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> sqrt(const Dual<T, V>& x) {
    using std::sqrt;
    const T y = sqrt(x.value);
    return {y, x.tangent / (2 * y)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> cbrt(const Dual<T, V>& x) {
    using std::cbrt;
    const T y = cbrt(x.value);
    return {y, x.tangent / (3 * (y * y))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> sin(const Dual<T, V>& x) {
    using std::cos, std::sin;
    return {sin(x.value), x.tangent * cos(x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> cos(const Dual<T, V>& x) {
    using std::cos, std::sin;
    return {cos(x.value), -(x.tangent * sin(x.value))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> tan(const Dual<T, V>& x) {
    using std::tan;
    const T y = tan(x.value);
    return {y, x.tangent * (1 + y * y)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> asin(const Dual<T, V>& x) {
    using std::asin, std::sqrt;
    return {asin(x.value), x.tangent / sqrt(1 - x.value * x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> acos(const Dual<T, V>& x) {
    using std::acos, std::sqrt;
    return {acos(x.value), -(x.tangent / sqrt(1 - x.value * x.value))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> atan(const Dual<T, V>& x) {
    using std::atan;
    return {atan(x.value), x.tangent / (1 + x.value * x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> sinh(const Dual<T, V>& x) {
    using std::cosh, std::sinh;
    return {sinh(x.value), x.tangent * cosh(x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> cosh(const Dual<T, V>& x) {
    using std::cosh, std::sinh;
    return {cosh(x.value), x.tangent * sinh(x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> tanh(const Dual<T, V>& x) {
    using std::tanh;
    const T y = tanh(x.value);
    return {y, x.tangent * (1 - y * y)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> asinh(const Dual<T, V>& x) {
    using std::asinh, std::sqrt;
    return {asinh(x.value), x.tangent / sqrt(x.value * x.value + 1)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> acosh(const Dual<T, V>& x) {
    using std::acosh, std::sqrt;
    return {acosh(x.value), x.tangent / sqrt(x.value * x.value - 1)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> atanh(const Dual<T, V>& x) {
    using std::atanh;
    return {atanh(x.value), x.tangent / (1 - x.value * x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> erf(const Dual<T, V>& x) {
    using std::erf, std::exp;
    constexpr double two_over_sqrt_pi = 1.1283791670955126;
    return {erf(x.value), x.tangent * (detail::beside<T>(two_over_sqrt_pi) * exp(-(x.value * x.value)))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> erfc(const Dual<T, V>& x) {
    using std::erfc, std::exp;
    constexpr double two_over_sqrt_pi = 1.1283791670955126;
    return {erfc(x.value), x.tangent * (detail::beside<T>(-two_over_sqrt_pi) * exp(-(x.value * x.value)))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> sigmoid(const Dual<T, V>& x) {
    const T y = sigmoid(x.value);
    return {y, x.tangent * (y * (1 - y))};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> softplus(const Dual<T, V>& x) {
    return {softplus(x.value), x.tangent * sigmoid(x.value)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> sign(const Dual<T, V>& x) {
    return {sign(x.value), constant_like(x.tangent, 0)};
}
/// Its derivative at 0 is 0.
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> abs(const Dual<T, V>& x) {
    using std::abs;
    return {abs(x.value), x.tangent * sign(x.value)};
}
template <class T, class V>
[[nodiscard]] Dual<T, V> fabs(const Dual<T, V>& x) {
    return abs(x);
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> floor(const Dual<T, V>& x) {
    using std::floor;
    return {floor(x.value), constant_like(x.tangent, 0)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> ceil(const Dual<T, V>& x) {
    using std::ceil;
    return {ceil(x.value), constant_like(x.tangent, 0)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> round(const Dual<T, V>& x) {
    using std::round;
    return {round(x.value), constant_like(x.tangent, 0)};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> trunc(const Dual<T, V>& x) {
    using std::trunc;
    return {trunc(x.value), constant_like(x.tangent, 0)};
}

namespace detail {
/// The derivatives of z = x^y.
template <class T>
[[nodiscard]] T slope_of_base(const T& x, const T& y) {
    using std::pow;
    return select(y < 0 || y > 0, y * pow(x, y - 1), constant_like(x, 0));
}
template <class T>
[[nodiscard]] T slope_of_exponent(const T& x, const T& z) {
    using std::log;
    return select(x > 0, z * log(x), constant_like(x, 0));
}
}  // namespace detail
/// Where the exponent is 0 the derivative of the base is 0; where the base is not positive that of the exponent is 0.
template <class T, class V>
[[nodiscard]] Dual<T, V> pow(const Dual<T, V>& x, const Dual<T, V>& y) {
    using std::pow;
    const T z = pow(x.value, y.value);
    return {z, x.tangent * detail::slope_of_base(x.value, y.value) + y.tangent * detail::slope_of_exponent(x.value, z)};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> pow(const Dual<T, V>& x, U y) {
    using std::pow;
    const auto exponent = detail::beside<T>(y);
    if (y == 0) return {pow(x.value, exponent), constant_like(x.tangent, 0)};
    return {pow(x.value, exponent), x.tangent * (exponent * pow(x.value, exponent - 1))};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> pow(U x, const Dual<T, V>& y) {
    using std::pow;
    const T base = constant_like(y.value, static_cast<double>(x)), z = pow(base, y.value);
    return {z, y.tangent * detail::slope_of_exponent(base, z)};
}
/// The angle of the point (x, y). At the origin it has no derivative: NaN.
template <class T, class V>
[[nodiscard]] Dual<T, V> atan2(const Dual<T, V>& y, const Dual<T, V>& x) {
    using std::atan2;
    const T square = x.value * x.value + y.value * y.value;
    return {atan2(y.value, x.value), y.tangent * (x.value / square) - x.tangent * (y.value / square)};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> atan2(const Dual<T, V>& a, U b) {
    return atan2(a, constant_like(a, static_cast<double>(b)));
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> atan2(U a, const Dual<T, V>& b) {
    return atan2(constant_like(b, static_cast<double>(a)), b);
}
/// Without overflow in between. At the origin it has no derivative: NaN.
template <class T, class V>
[[nodiscard]] Dual<T, V> hypot(const Dual<T, V>& x, const Dual<T, V>& y) {
    using std::hypot;
    const T z = hypot(x.value, y.value);
    return {z, x.tangent * (x.value / z) + y.tangent * (y.value / z)};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> hypot(const Dual<T, V>& a, U b) {
    return hypot(a, constant_like(a, static_cast<double>(b)));
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> hypot(U a, const Dual<T, V>& b) {
    return hypot(constant_like(b, static_cast<double>(a)), b);
}
/// The remainder with the sign of x.
template <class T, class V>
[[nodiscard]] Dual<T, V> fmod(const Dual<T, V>& x, const Dual<T, V>& y) {
    using std::fmod, std::trunc;
    return {fmod(x.value, y.value), x.tangent - y.tangent * trunc(x.value / y.value)};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> fmod(const Dual<T, V>& a, U b) {
    return fmod(a, constant_like(a, static_cast<double>(b)));
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> fmod(U a, const Dual<T, V>& b) {
    return fmod(constant_like(b, static_cast<double>(a)), b);
}
/// Equal arguments share the derivative, as they do for tensors.
template <class T, class V>
[[nodiscard]] Dual<T, V> minimum(const Dual<T, V>& a, const Dual<T, V>& b) {
    const V half = (a.tangent + b.tangent) * detail::beside<T>(0.5);
    return {minimum(a.value, b.value), select(a.value < b.value, a.tangent, select(a.value > b.value, b.tangent, half))};
}
template <class T, class V>
[[nodiscard]] Dual<T, V> maximum(const Dual<T, V>& a, const Dual<T, V>& b) {
    const V half = (a.tangent + b.tangent) * detail::beside<T>(0.5);
    return {maximum(a.value, b.value), select(a.value > b.value, a.tangent, select(a.value < b.value, b.tangent, half))};
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> minimum(const Dual<T, V>& a, U b) {
    return minimum(a, constant_like(a, static_cast<double>(b)));
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> minimum(U a, const Dual<T, V>& b) {
    return minimum(constant_like(b, static_cast<double>(a)), b);
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> maximum(const Dual<T, V>& a, U b) {
    return maximum(a, constant_like(a, static_cast<double>(b)));
}
template <class T, class V, Number U>
[[nodiscard]] Dual<T, V> maximum(U a, const Dual<T, V>& b) {
    return maximum(constant_like(b, static_cast<double>(a)), b);
}

}  // namespace cotangent
