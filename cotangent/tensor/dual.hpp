#pragma once
// Dual numbers: a value and its derivative along one direction, or along several. The value is a number, lanes, a tensor, or
// a dual number again; the tangent is of the same type, or Tangents of it. dual_math.hpp has their functions.
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

#include "cotangent/tensor/tangents.hpp"

namespace cotangent {

template <class U>
concept Number = std::is_arithmetic_v<U>;

template <class T, class V = T>
struct Dual;

/// Is T a scalar that functions are differentiated in: float, double, or a number of a derivative around one?
template <class T>
inline constexpr bool is_scalar_v = std::is_floating_point_v<T>;
template <class T, class V>
inline constexpr bool is_scalar_v<Dual<T, V>> = is_scalar_v<T>;

/// U, beside a number made of T, is a constant to it: an ordinary number, or a scalar of a derivative further out.
template <class U, class T>
concept ConstantBeside = Number<U> || (is_scalar_v<U> && std::convertible_to<U, T>);

/// 0 and 1 of the same kind as the argument; tensors overload it to match dtypes.
template <class T>
[[nodiscard]] T constant_like(const T&, double value) {
    return static_cast<T>(value);
}
template <class T, int N>
[[nodiscard]] Tangents<T, N> constant_like(const Tangents<T, N>&, double value) {
    Tangents<T, N> result;
    for (int i = 0; i < N; ++i) result.set(i, T(value));
    return result;
}
template <class T, class V>
[[nodiscard]] Dual<T, V> constant_like(const Dual<T, V>& x, double value);

/// value + tangent * epsilon, with epsilon^2 = 0.
template <class T, class V>
struct Dual {
    T value;
    V tangent;

    Dual() : value{}, tangent{} {}  // not defaulted: Dual{} would be cleared as bytes first, then again
    Dual(T v, V t) : value(v), tangent(t) {}
    /// A constant. Not for tensors, whose zeros have a shape.
    template <class U>
        requires(ConstantBeside<U, T> && !requires(const T& t) { t.shape(); })
    Dual(U constant) : value(static_cast<T>(constant)), tangent{} {}

    Dual& operator+=(const Dual& other) { return *this = *this + other; }
    Dual& operator-=(const Dual& other) { return *this = *this - other; }
    Dual& operator*=(const Dual& other) { return *this = *this * other; }
    Dual& operator/=(const Dual& other) { return *this = *this / other; }
};

template <class T, class V>
Dual<T, V> constant_like(const Dual<T, V>& x, double value) {
    return {constant_like(x.value, value), constant_like(x.tangent, 0)};
}

namespace detail {
/// A constant beside a T: floats do not become doubles by it. Lanes, tensors and duals convert it themselves.
template <class T, class U>
[[nodiscard]] auto beside(const U& constant) {
    if constexpr (std::is_arithmetic_v<T>) return static_cast<T>(constant);
    else if constexpr (std::is_arithmetic_v<U>) return static_cast<double>(constant);
    else return constant;
}
}  // namespace detail

// clang-format off
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator+(const Dual<T, V>& a, const Dual<T, V>& b) {
    return {a.value + b.value, a.tangent + b.tangent};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator-(const Dual<T, V>& a, const Dual<T, V>& b) {
    return {a.value - b.value, a.tangent - b.tangent};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator*(const Dual<T, V>& a, const Dual<T, V>& b) {
    return {a.value * b.value, a.tangent * b.value + a.value * b.tangent};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator/(const Dual<T, V>& a, const Dual<T, V>& b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.tangent - quotient * b.tangent) / b.value};
}
template <class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator-(const Dual<T, V>& a) {
    return {-a.value, -a.tangent};
}
template <class T, class V>
[[nodiscard]] Dual<T, V> operator+(const Dual<T, V>& a) {
    return a;
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator+(const Dual<T, V>& a, const U& b) {
    return {a.value + detail::beside<T>(b), a.tangent};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator+(const U& a, const Dual<T, V>& b) {
    return {detail::beside<T>(a) + b.value, b.tangent};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator-(const Dual<T, V>& a, const U& b) {
    return {a.value - detail::beside<T>(b), a.tangent};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator-(const U& a, const Dual<T, V>& b) {
    return {detail::beside<T>(a) - b.value, -b.tangent};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator*(const Dual<T, V>& a, const U& b) {
    return {a.value * detail::beside<T>(b), a.tangent * detail::beside<T>(b)};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator*(const U& a, const Dual<T, V>& b) {
    return {detail::beside<T>(a) * b.value, detail::beside<T>(a) * b.tangent};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator/(const Dual<T, V>& a, const U& b) {
    return {a.value / detail::beside<T>(b), a.tangent / detail::beside<T>(b)};
}
template <class T, class V, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> operator/(const U& a, const Dual<T, V>& b) {
    const T quotient = detail::beside<T>(a) / b.value;
    return {quotient, -(quotient * b.tangent) / b.value};
}

// Comparisons are those of the values.
template <class T, class V> [[nodiscard]] auto operator<(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value < b.value; }
template <class T, class V> [[nodiscard]] auto operator<=(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value <= b.value; }
template <class T, class V> [[nodiscard]] auto operator>(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value > b.value; }
template <class T, class V> [[nodiscard]] auto operator>=(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value >= b.value; }
template <class T, class V> [[nodiscard]] auto operator==(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value == b.value; }
template <class T, class V> [[nodiscard]] auto operator!=(const Dual<T, V>& a, const Dual<T, V>& b) { return a.value != b.value; }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator<(const Dual<T, V>& a, const U& b) { return a.value < detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator<=(const Dual<T, V>& a, const U& b) { return a.value <= detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator>(const Dual<T, V>& a, const U& b) { return a.value > detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator>=(const Dual<T, V>& a, const U& b) { return a.value >= detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator==(const Dual<T, V>& a, const U& b) { return a.value == detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator!=(const Dual<T, V>& a, const U& b) { return a.value != detail::beside<T>(b); }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator<(const U& a, const Dual<T, V>& b) { return detail::beside<T>(a) < b.value; }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator<=(const U& a, const Dual<T, V>& b) { return detail::beside<T>(a) <= b.value; }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator>(const U& a, const Dual<T, V>& b) { return detail::beside<T>(a) > b.value; }
template <class T, class V, ConstantBeside<T> U>
[[nodiscard]] auto operator>=(const U& a, const Dual<T, V>& b) { return detail::beside<T>(a) >= b.value; }
// clang-format on

template <class C, class T, class V>
[[nodiscard, gnu::always_inline]] inline Dual<T, V> select(C condition, const Dual<T, V>& a, const Dual<T, V>& b) {
    return {select(condition, a.value, b.value), select(condition, a.tangent, b.tangent)};
}
template <class C, class T, class V, Number U>
[[nodiscard]] Dual<T, V> select(C condition, const Dual<T, V>& a, U b) {
    return select(condition, a, constant_like(a, static_cast<double>(b)));
}
template <class C, class T, class V, Number U>
[[nodiscard]] Dual<T, V> select(C condition, U a, const Dual<T, V>& b) {
    return select(condition, constant_like(b, static_cast<double>(a)), b);
}

/// The number itself, without any derivative.
template <std::floating_point T>
[[nodiscard]] T primal(T x) {
    return x;
}
template <class T, class V>
[[nodiscard]] auto primal(const Dual<T, V>& x) {
    return primal(x.value);
}

}  // namespace cotangent

template <class T, class V>
struct std::numeric_limits<cotangent::Dual<T, V>> : std::numeric_limits<T> {};

#include "cotangent/tensor/dual_math.hpp"
