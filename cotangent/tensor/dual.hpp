#pragma once
// Dual numbers: a value and its derivative along one direction. T is a number, lanes, a tensor, or a Dual again.
// Each function below is its own derivative rule; select() follows the branch that the value takes.
#include <cmath>
#include <type_traits>

#include "cotangent/tensor/lanes.hpp"

namespace cotangent {

/// value + tangent * epsilon, with epsilon^2 = 0.
template <class T>
struct Dual {
    T value;
    T tangent;

    Dual() = default;
    Dual(T v, T t) : value(v), tangent(t) {}
};

/// 0 and 1 of the same kind as the argument; tensors overload it to match dtypes.
template <class T>
[[nodiscard]] T constant_like(const T&, double value) {
    return static_cast<T>(value);
}
template <class T>
[[nodiscard]] Dual<T> constant_like(const Dual<T>& x, double value) {
    return {constant_like(x.value, value), constant_like(x.value, 0)};
}

template <class U>
concept Number = std::is_arithmetic_v<U>;

namespace detail {
/// A number beside a T: floats do not become doubles by it. Lanes, tensors and duals convert it themselves.
template <class T, Number U>
[[nodiscard]] auto beside(U number) {
    if constexpr (std::is_arithmetic_v<T>) return static_cast<T>(number);
    else return static_cast<double>(number);
}
}  // namespace detail

template <class T>
[[nodiscard]] Dual<T> operator+(Dual<T> a, Dual<T> b) {
    return {a.value + b.value, a.tangent + b.tangent};
}
template <class T>
[[nodiscard]] Dual<T> operator-(Dual<T> a, Dual<T> b) {
    return {a.value - b.value, a.tangent - b.tangent};
}
template <class T>
[[nodiscard]] Dual<T> operator*(Dual<T> a, Dual<T> b) {
    return {a.value * b.value, a.tangent * b.value + a.value * b.tangent};
}
template <class T>
[[nodiscard]] Dual<T> operator/(Dual<T> a, Dual<T> b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.tangent - quotient * b.tangent) / b.value};
}
template <class T>
[[nodiscard]] Dual<T> operator-(Dual<T> a) {
    return {-a.value, -a.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator+(Dual<T> a, U b) {
    return {a.value + detail::beside<T>(b), a.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator+(U a, Dual<T> b) {
    return {detail::beside<T>(a) + b.value, b.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator-(Dual<T> a, U b) {
    return {a.value - detail::beside<T>(b), a.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator-(U a, Dual<T> b) {
    return {detail::beside<T>(a) - b.value, -b.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator*(Dual<T> a, U b) {
    return {a.value * detail::beside<T>(b), a.tangent * detail::beside<T>(b)};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator*(U a, Dual<T> b) {
    return {detail::beside<T>(a) * b.value, detail::beside<T>(a) * b.tangent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator/(Dual<T> a, U b) {
    return {a.value / detail::beside<T>(b), a.tangent / detail::beside<T>(b)};
}
template <class T, Number U>
[[nodiscard]] Dual<T> operator/(U a, Dual<T> b) {
    return constant_like(b, static_cast<double>(a)) / b;
}

template <class T>
[[nodiscard]] auto operator<(const Dual<T>& a, const Dual<T>& b) {
    return a.value < b.value;
}
template <class T>
[[nodiscard]] auto operator<=(const Dual<T>& a, const Dual<T>& b) {
    return a.value <= b.value;
}
template <class T>
[[nodiscard]] auto operator>(const Dual<T>& a, const Dual<T>& b) {
    return a.value > b.value;
}
template <class T>
[[nodiscard]] auto operator>=(const Dual<T>& a, const Dual<T>& b) {
    return a.value >= b.value;
}
template <class T, Number U>
[[nodiscard]] auto operator<(const Dual<T>& a, U b) {
    return a.value < detail::beside<T>(b);
}
template <class T, Number U>
[[nodiscard]] auto operator<=(const Dual<T>& a, U b) {
    return a.value <= detail::beside<T>(b);
}
template <class T, Number U>
[[nodiscard]] auto operator>(const Dual<T>& a, U b) {
    return a.value > detail::beside<T>(b);
}
template <class T, Number U>
[[nodiscard]] auto operator>=(const Dual<T>& a, U b) {
    return a.value >= detail::beside<T>(b);
}

template <class C, class T>
[[nodiscard]] Dual<T> select(C condition, Dual<T> a, Dual<T> b) {
    return {select(condition, a.value, b.value), select(condition, a.tangent, b.tangent)};
}
template <class C, class T, Number U>
[[nodiscard]] Dual<T> select(C condition, Dual<T> a, U b) {
    return select(condition, a, constant_like(a, static_cast<double>(b)));
}
template <class C, class T, Number U>
[[nodiscard]] Dual<T> select(C condition, U a, Dual<T> b) {
    return select(condition, constant_like(b, static_cast<double>(a)), b);
}

// The rules call the functions of T, whatever T is: numbers find them in std, everything else by its namespace.
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> exp(Dual<T> x) {
    using std::exp;
    const T y = exp(x.value);
    return {y, x.tangent * y};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> expm1(Dual<T> x) {
    using std::expm1;
    const T y = expm1(x.value);
    return {y, x.tangent * (y + 1)};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> log(Dual<T> x) {
    using std::log;
    return {log(x.value), x.tangent / x.value};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> log1p(Dual<T> x) {
    using std::log1p;
    return {log1p(x.value), x.tangent / (1 + x.value)};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> sqrt(Dual<T> x) {
    using std::sqrt;
    const T y = sqrt(x.value);
    return {y, x.tangent / (2 * y)};
}
template <class T>
[[nodiscard]] Dual<T> sin(Dual<T> x) {
    using std::cos, std::sin;
    return {sin(x.value), x.tangent * cos(x.value)};
}
template <class T>
[[nodiscard]] Dual<T> cos(Dual<T> x) {
    using std::cos, std::sin;
    return {cos(x.value), -(x.tangent * sin(x.value))};
}
template <class T>
[[nodiscard]] Dual<T> tan(Dual<T> x) {
    using std::tan;
    const T y = tan(x.value);
    return {y, x.tangent * (1 + y * y)};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> tanh(Dual<T> x) {
    using std::tanh;
    const T y = tanh(x.value);
    return {y, x.tangent * (1 - y * y)};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> erf(Dual<T> x) {
    using std::erf, std::exp;
    constexpr double two_over_sqrt_pi = 1.1283791670955126;
    return {erf(x.value), x.tangent * (detail::beside<T>(two_over_sqrt_pi) * exp(-(x.value * x.value)))};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> sigmoid(Dual<T> x) {
    const T y = sigmoid(x.value);
    return {y, x.tangent * (y * (1 - y))};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Dual<T> softplus(Dual<T> x) {
    return {softplus(x.value), x.tangent * sigmoid(x.value)};
}
template <class T>
[[nodiscard]] Dual<T> sign(Dual<T> x) {
    return {sign(x.value), constant_like(x.value, 0)};
}
/// Its derivative at 0 is 0.
template <class T>
[[nodiscard]] Dual<T> abs(Dual<T> x) {
    using std::abs;
    return {abs(x.value), x.tangent * sign(x.value)};
}
template <class T>
[[nodiscard]] Dual<T> floor(Dual<T> x) {
    using std::floor;
    return {floor(x.value), constant_like(x.value, 0)};
}
/// Where the exponent is 0 the derivative of the base is 0; where the base is not positive that of the exponent is 0.
template <class T>
[[nodiscard]] Dual<T> pow(Dual<T> x, Dual<T> y) {
    using std::log, std::pow;
    const T z = pow(x.value, y.value), zero = constant_like(z, 0);
    const T of_base = select(y.value < 0 || y.value > 0, y.value * pow(x.value, y.value - 1), zero);
    const T of_exponent = select(x.value > 0, z * log(x.value), zero);
    return {z, x.tangent * of_base + y.tangent * of_exponent};
}
template <class T, Number U>
[[nodiscard]] Dual<T> pow(Dual<T> x, U y) {
    using std::pow;
    const auto exponent = detail::beside<T>(y);
    if (y == 0) return {pow(x.value, exponent), constant_like(x.value, 0)};
    return {pow(x.value, exponent), x.tangent * (exponent * pow(x.value, exponent - 1))};
}
template <class T, Number U>
[[nodiscard]] Dual<T> pow(U x, Dual<T> y) {
    return pow(constant_like(y, static_cast<double>(x)), y);
}
/// Equal arguments share the derivative, as they do for tensors.
template <class T>
[[nodiscard]] Dual<T> minimum(Dual<T> a, Dual<T> b) {
    const T half = (a.tangent + b.tangent) / 2;
    return {minimum(a.value, b.value), select(a.value < b.value, a.tangent, select(a.value > b.value, b.tangent, half))};
}
template <class T>
[[nodiscard]] Dual<T> maximum(Dual<T> a, Dual<T> b) {
    const T half = (a.tangent + b.tangent) / 2;
    return {maximum(a.value, b.value), select(a.value > b.value, a.tangent, select(a.value < b.value, b.tangent, half))};
}
template <class T, Number U>
[[nodiscard]] Dual<T> minimum(Dual<T> a, U b) {
    return minimum(a, constant_like(a, static_cast<double>(b)));
}
template <class T, Number U>
[[nodiscard]] Dual<T> minimum(U a, Dual<T> b) {
    return minimum(constant_like(b, static_cast<double>(a)), b);
}
template <class T, Number U>
[[nodiscard]] Dual<T> maximum(Dual<T> a, U b) {
    return maximum(a, constant_like(a, static_cast<double>(b)));
}
template <class T, Number U>
[[nodiscard]] Dual<T> maximum(U a, Dual<T> b) {
    return maximum(constant_like(b, static_cast<double>(a)), b);
}

}  // namespace cotangent
