#pragma once
// Real: the scalar of reverse mode. It computes like the T inside and writes down, on its thread's tape, what depends on the
// variables of the function being differentiated. Loops, branches, calls, recursion, mutation and element writes are
// ordinary C++; a number that depends on no variable costs one comparison an operation.
//
//     template <class T> T f(T x) { T y = 1; for (int i = 0; i < 5; ++i) y = y * sin(x); return y; }
//     grad([](auto x) { return f(x); })(0.5)                  // Real<double> inside
//
// T is float, double, lanes, or again a Real or a Dual: derivatives nest, and a level is a type.
#include <limits>

#include "cotangent/grad/tape.hpp"
#include "cotangent/tensor/dual.hpp"

namespace cotangent {

template <class T>
inline constexpr bool is_scalar_v<Real<T>> = true;

template <class T = double>
class Real {
public:
    Real() = default;
    /// A constant.
    template <ConstantBeside<T> U>
    Real(U value) : value_(static_cast<T>(value)) {}
    /// The result of statement `number`, as an op makes it.
    Real(const T& value, std::uint32_t number) : value_(value), number_(number) {}

    [[nodiscard]] const T& value() const { return value_; }
    /// Its statement on the tape; 0 for a constant.
    [[nodiscard]] std::uint32_t number() const { return number_; }

    Real& operator+=(const Real& other) { return *this = *this + other; }
    Real& operator-=(const Real& other) { return *this = *this - other; }
    Real& operator*=(const Real& other) { return *this = *this * other; }
    Real& operator/=(const Real& other) { return *this = *this / other; }

private:
    T value_{};
    std::uint32_t number_ = 0;
};

namespace detail {

/// y with dy/dx = p.
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement(const T& y, const T& p, const Real<T>& x) {
    if (x.number() == 0) return {y, 0};
    return {y, tape<T>.push(p, x.number())};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement(const T& y, const T& p, const Real<T>& a, const T& q,
                                                           const Real<T>& b) {
    if ((a.number() | b.number()) == 0) return {y, 0};
    return {y, tape<T>.push(p, a.number(), q, b.number())};
}
/// f(x), with the derivative that f has on dual numbers.
template <class T, class F>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_of(F f, const Real<T>& x) {
    if (x.number() == 0) return {f(x.value()), 0};
    const Dual<T> y = f(Dual<T>(x.value(), T(1)));
    return {y.value, tape<T>.push(y.tangent, x.number())};
}
template <class T, class F>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_of(F f, const Real<T>& a, const Real<T>& b) {
    if ((a.number() | b.number()) == 0) return {f(a.value(), b.value()), 0};
    Tangents<T, 2> first, second;
    first.set(0, T(1));
    second.set(1, T(1));
    using Pair = Dual<T, Tangents<T, 2>>;
    const Pair y = f(Pair(a.value(), first), Pair(b.value(), second));
    return {y.value, tape<T>.push(y.tangent[0], a.number(), y.tangent[1], b.number())};
}
}  // namespace detail

template <class T>
[[nodiscard]] Real<T> constant_like(const Real<T>& x, double value) {
    return {constant_like(x.value(), value), 0};
}
/// Has it no value and no derivative?
template <class T>
[[nodiscard]] bool is_constant_zero(const Real<T>& x) {
    return x.number() == 0 && detail::has_no_effect(x.value());
}
template <class T, class V>
[[nodiscard]] bool is_constant_zero(const Dual<T, V>&) {
    return false;  // tangents are not looked at
}
template <class T>
[[nodiscard]] auto primal(const Real<T>& x) {
    return primal(x.value());
}

// clang-format off
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator+(const Real<T>& a, const Real<T>& b) {
    return detail::statement<T>(a.value() + b.value(), T(1), a, T(1), b);
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const Real<T>& a, const Real<T>& b) {
    return detail::statement<T>(a.value() - b.value(), T(1), a, T(-1), b);
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator*(const Real<T>& a, const Real<T>& b) {
    return detail::statement<T>(a.value() * b.value(), b.value(), a, a.value(), b);
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator/(const Real<T>& a, const Real<T>& b) {
    if ((a.number() | b.number()) == 0) return {a.value() / b.value(), 0};
    const T inverse = 1 / b.value(), quotient = a.value() / b.value();
    return {quotient, detail::tape<T>.push(inverse, a.number(), -quotient * inverse, b.number())};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const Real<T>& a) {
    return detail::statement<T>(-a.value(), T(-1), a);
}
template <class T>
[[nodiscard]] Real<T> operator+(const Real<T>& a) {
    return a;
}
// A sum with a constant has the derivatives of the variable: it goes on as the same statement.
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator+(const Real<T>& a, const U& b) {
    return {a.value() + detail::beside<T>(b), a.number()};
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator+(const U& a, const Real<T>& b) {
    return {detail::beside<T>(a) + b.value(), b.number()};
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const Real<T>& a, const U& b) {
    return {a.value() - detail::beside<T>(b), a.number()};
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const U& a, const Real<T>& b) {
    return detail::statement<T>(detail::beside<T>(a) - b.value(), T(-1), b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator*(const Real<T>& a, const U& b) {
    return detail::statement<T>(a.value() * detail::beside<T>(b), static_cast<T>(b), a);
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator*(const U& a, const Real<T>& b) {
    return detail::statement<T>(detail::beside<T>(a) * b.value(), static_cast<T>(a), b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator/(const Real<T>& a, const U& b) {
    return detail::statement<T>(a.value() / detail::beside<T>(b), 1 / static_cast<T>(b), a);
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator/(const U& a, const Real<T>& b) {
    const T quotient = detail::beside<T>(a) / b.value();
    if (b.number() == 0) return {quotient, 0};
    return detail::statement<T>(quotient, -quotient / b.value(), b);
}

// Comparisons are those of the values: a branch is the one that the value takes.
template <class T> [[nodiscard]] auto operator<(const Real<T>& a, const Real<T>& b) { return a.value() < b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator<(const Real<T>& a, const U& b) { return a.value() < detail::beside<T>(b); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator<(const U& a, const Real<T>& b) { return detail::beside<T>(a) < b.value(); }
template <class T> [[nodiscard]] auto operator<=(const Real<T>& a, const Real<T>& b) { return a.value() <= b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator<=(const Real<T>& a, const U& b) { return a.value() <= detail::beside<T>(b); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator<=(const U& a, const Real<T>& b) { return detail::beside<T>(a) <= b.value(); }
template <class T> [[nodiscard]] auto operator>(const Real<T>& a, const Real<T>& b) { return a.value() > b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator>(const Real<T>& a, const U& b) { return a.value() > detail::beside<T>(b); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator>(const U& a, const Real<T>& b) { return detail::beside<T>(a) > b.value(); }
template <class T> [[nodiscard]] auto operator>=(const Real<T>& a, const Real<T>& b) { return a.value() >= b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator>=(const Real<T>& a, const U& b) { return a.value() >= detail::beside<T>(b); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator>=(const U& a, const Real<T>& b) { return detail::beside<T>(a) >= b.value(); }
template <class T> [[nodiscard]] auto operator==(const Real<T>& a, const Real<T>& b) { return a.value() == b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator==(const Real<T>& a, const U& b) { return a.value() == detail::beside<T>(b); }
template <class T> [[nodiscard]] auto operator!=(const Real<T>& a, const Real<T>& b) { return a.value() != b.value(); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] auto operator!=(const Real<T>& a, const U& b) { return a.value() != detail::beside<T>(b); }

/// Numbers of two derivatives, neither inside the other.
template <class A, class B>
concept OfTwoDerivatives = is_scalar_v<A> && is_scalar_v<B> && !std::is_same_v<A, B> && !std::is_arithmetic_v<A> &&
                           !std::is_arithmetic_v<B> && !std::convertible_to<A, B> && !std::convertible_to<B, A>;
namespace detail {
template <class Always>
consteval void refuse_two_derivatives() {
    static_assert(!std::is_void_v<Always>, "cotangent: a function being differentiated uses a variable of another one; pass "
                                           "it as an argument, as in grad(f)(y, x)");
}
}  // namespace detail
template <class A, class B> requires OfTwoDerivatives<A, B> A operator+(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> A operator-(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> A operator*(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> A operator/(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }

/// One of two numbers: no statement of its own.
template <class T>
[[nodiscard]] Real<T> select(bool condition, const Real<T>& a, const Real<T>& b) { return condition ? a : b; }
template <class T, Number U>
[[nodiscard]] Real<T> select(bool condition, const Real<T>& a, U b) { return condition ? a : Real<T>(b); }
template <class T, Number U>
[[nodiscard]] Real<T> select(bool condition, U a, const Real<T>& b) { return condition ? Real<T>(a) : b; }
// clang-format on

}  // namespace cotangent

template <class T>
struct std::numeric_limits<cotangent::Real<T>> : std::numeric_limits<T> {};

#include "cotangent/grad/real_math.hpp"
