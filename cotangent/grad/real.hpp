#pragma once
// Real: the scalar of reverse mode. It computes like the T inside and writes down, on its thread's tape, what depends on the
// variables of the function being differentiated. Loops, branches, calls, recursion, mutation and element writes are
// ordinary C++; a number that depends on no variable costs one comparison an operation.
//
// A number knows the statement that it comes from and its slope, the derivative by that statement. So what depends on one
// statement only (exp(-x), 2 * x + 1, x * x, 1 / (1 + exp(-x))) writes nothing: its slope is the product so far. The tape
// holds what has two arguments.
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
    /// The result of a statement, as an op makes it; or what has the derivative `slope` by it. 0: a constant.
    [[gnu::always_inline]] Real(const T& value, std::uint64_t statement)
        : value_(value), slope_(T(1)), statement_(statement) {}
    [[gnu::always_inline]] Real(const T& value, const T& slope, std::uint64_t statement)
        : value_(value), slope_(slope), statement_(statement) {}

    [[nodiscard]] const T& value() const { return value_; }
    /// Its derivative by its statement; nothing of a constant.
    [[nodiscard]] const T& slope() const { return slope_; }
    /// Its statement: the serial of the derivative that it belongs to in the upper half, its number on the tape in the
    /// lower; 0 for a constant.
    [[nodiscard]] std::uint64_t statement() const { return statement_; }
    [[nodiscard]] std::uint32_t number() const { return static_cast<std::uint32_t>(statement_); }

    Real& operator+=(const Real& other) { return *this = *this + other; }
    Real& operator-=(const Real& other) { return *this = *this - other; }
    Real& operator*=(const Real& other) { return *this = *this * other; }
    Real& operator/=(const Real& other) { return *this = *this / other; }

private:
    T value_{};
    T slope_{};
    std::uint64_t statement_ = 0;
};

namespace detail {

/// a * b. Where products are recorded too, none is by a one.
template <class T>
[[nodiscard, gnu::always_inline]] inline T times(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) return a * b;
    else return is_one(a) ? b : is_one(b) ? a : a * b;
}

// The statements of an operator are inlined where T is a number of the machine, and are functions where it is one of a
// derivative again: code inlined at every level would grow with a power of the depth.
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_inline(const T& y, const T& p, const Real<T>& x) {
    return {y, times(p, x.slope()), x.statement()};
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_inline(const T& y, const T& p, const Real<T>& a, const T& q,
                                                                  const Real<T>& b) {
    if (a.statement() == 0) return statement_inline(y, q, b);
    if (b.statement() == 0) return statement_inline(y, p, a);
    const T by_a = times(p, a.slope()), by_b = times(q, b.slope());
    if (a.statement() == b.statement()) return {y, by_a + by_b, a.statement()};
    return {y, tape<T>.push(by_a, a.statement(), by_b, b.statement())};
}
template <class T>
[[nodiscard, gnu::noinline]] Real<T> statement_called(const T& y, const T& p, const Real<T>& x) {
    if (x.statement() == 0) return {y, 0};
    return statement_inline(y, p, x);
}
template <class T>
[[nodiscard, gnu::noinline]] Real<T> statement_called(const T& y, const T& p, const Real<T>& a, const T& q,
                                                      const Real<T>& b) {
    if ((a.statement() | b.statement()) == 0) return {y, 0};
    return statement_inline(y, p, a, q, b);
}

/// y with dy/dx = p.
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement(const T& y, const T& p, const Real<T>& x) {
    if constexpr (std::is_floating_point_v<T>) return statement_inline(y, p, x);
    else return statement_called(y, p, x);
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> statement(const T& y, const T& p, const Real<T>& a, const T& q,
                                                           const Real<T>& b) {
    if constexpr (std::is_floating_point_v<T>) return statement_inline(y, p, a, q, b);
    else return statement_called(y, p, a, q, b);
}
/// y with dy/dx[i] = partials[i]. Those without effect are left out.
template <class T>
[[nodiscard]] Real<T> statement(const T& y, std::span<const T> partials, std::span<const Real<T>> x) {
    Tape<T>& to = tape<T>;
    bool pending = false;    // the first of a pair, which waits for the second
    std::uint32_t last = 0;  // the slot below, flagged in this statement's next one
    T p{};
    std::uint32_t argument = 0;
    const auto write = [&](const T& q, std::uint32_t second) {
        const std::uint32_t k = to.next();
        to.slots[k] = {{p, q}, {argument, (second ? second : k) | (last ? continues_below : 0)}, T(0)};
        last = k;
        pending = false;
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i].statement() == 0 || has_no_effect(partials[i])) continue;
        to.check(x[i].statement(), x[i].statement());
        const T partial = times(partials[i], x[i].slope());
        if (pending) {
            write(partial, x[i].number());
        } else {
            p = partial;
            argument = x[i].number();
            pending = true;
        }
    }
    if (pending && last == 0) return {y, p, to.derivative | argument};
    if (pending) write(T(0), 0);
    return {y, last ? to.derivative | last : 0};
}
/// x, or a statement for it: where its number alone is kept.
template <class T>
[[nodiscard]] std::uint32_t settled(const Real<T>& x) {
    if (x.statement() == 0) return 0;
    if (!is_one(x.slope())) return static_cast<std::uint32_t>(tape<T>.push(x.slope(), x.statement()));
    tape<T>.check(x.statement(), x.statement());
    return x.number();
}
/// f(x), with the derivative that f has on dual numbers.
template <class T, class F>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_of(F f, const Real<T>& x) {
    if (x.statement() == 0) return {f(x.value()), 0};
    const Dual<T> y = f(Dual<T>(x.value(), x.slope()));
    return {y.value, y.tangent, x.statement()};
}
template <class T, class F>
[[nodiscard, gnu::always_inline]] inline Real<T> statement_of(F f, const Real<T>& a, const Real<T>& b) {
    if ((a.statement() | b.statement()) == 0) return {f(a.value(), b.value()), 0};
    Tangents<T, 2> first, second;
    first.set(0, T(1));
    second.set(1, T(1));
    using Pair = Dual<T, Tangents<T, 2>>;
    const Pair y = f(Pair(a.value(), first), Pair(b.value(), second));
    return statement<T>(y.value, y.tangent[0], a, y.tangent[1], b);
}
}  // namespace detail

template <class T>
[[nodiscard]] Real<T> constant_like(const Real<T>& x, double value) {
    return {constant_like(x.value(), value), 0};
}
/// Has it no value and no derivative?
template <class T>
[[nodiscard]] bool is_constant_zero(const Real<T>& x) {
    return x.statement() == 0 && detail::has_no_effect(x.value());
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
    if ((a.statement() | b.statement()) == 0) return {a.value() / b.value(), 0};
    const T inverse = 1 / b.value(), quotient = a.value() / b.value();
    return detail::statement<T>(quotient, inverse, a, -quotient * inverse, b);
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const Real<T>& a) {
    return detail::statement<T>(-a.value(), T(-1), a);
}
template <class T>
[[nodiscard]] Real<T> operator+(const Real<T>& a) {
    return a;
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator+(const Real<T>& a, const U& b) {
    return {a.value() + detail::beside<T>(b), a.slope(), a.statement()};
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator+(const U& a, const Real<T>& b) {
    return {detail::beside<T>(a) + b.value(), b.slope(), b.statement()};
}
template <class T, ConstantBeside<T> U>
[[nodiscard, gnu::always_inline]] inline Real<T> operator-(const Real<T>& a, const U& b) {
    return {a.value() - detail::beside<T>(b), a.slope(), a.statement()};
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
    if (b.statement() == 0) return {quotient, 0};
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
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator+(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator-(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator*(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator/(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator+=(A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator-=(A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator*=(A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto operator/=(A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto pow(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto atan2(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
template <class A, class B> requires OfTwoDerivatives<A, B> auto hypot(const A& a, const B&) { detail::refuse_two_derivatives<std::conditional_t<is_scalar_v<A>, void, A>>(); return a; }
// Comparisons look at values.
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator<(const A& a, const B& b) { return primal(a) < primal(b); }
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator>(const A& a, const B& b) { return primal(a) > primal(b); }
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator<=(const A& a, const B& b) { return primal(a) <= primal(b); }
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator>=(const A& a, const B& b) { return primal(a) >= primal(b); }
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator==(const A& a, const B& b) { return primal(a) == primal(b); }
template <class A, class B> requires OfTwoDerivatives<A, B> [[nodiscard]] bool operator!=(const A& a, const B& b) { return primal(a) != primal(b); }

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
