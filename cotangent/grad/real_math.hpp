#pragma once
// The functions of Real: those of dual numbers, whose derivatives they put on the tape.
#include "cotangent/grad/real.hpp"

namespace cotangent {

// clang-format off
template <class T> [[nodiscard]] Real<T> exp(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::exp; return exp(v); }, x); }
template <class T> [[nodiscard]] Real<T> expm1(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::expm1; return expm1(v); }, x); }
template <class T> [[nodiscard]] Real<T> exp2(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::exp2; return exp2(v); }, x); }
template <class T> [[nodiscard]] Real<T> log(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::log; return log(v); }, x); }
template <class T> [[nodiscard]] Real<T> log1p(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::log1p; return log1p(v); }, x); }
template <class T> [[nodiscard]] Real<T> log2(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::log2; return log2(v); }, x); }
template <class T> [[nodiscard]] Real<T> log10(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::log10; return log10(v); }, x); }
template <class T> [[nodiscard]] Real<T> sqrt(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::sqrt; return sqrt(v); }, x); }
template <class T> [[nodiscard]] Real<T> cbrt(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::cbrt; return cbrt(v); }, x); }
template <class T> [[nodiscard]] Real<T> sin(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::sin; return sin(v); }, x); }
template <class T> [[nodiscard]] Real<T> cos(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::cos; return cos(v); }, x); }
template <class T> [[nodiscard]] Real<T> tan(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::tan; return tan(v); }, x); }
template <class T> [[nodiscard]] Real<T> asin(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::asin; return asin(v); }, x); }
template <class T> [[nodiscard]] Real<T> acos(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::acos; return acos(v); }, x); }
template <class T> [[nodiscard]] Real<T> atan(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::atan; return atan(v); }, x); }
template <class T> [[nodiscard]] Real<T> sinh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::sinh; return sinh(v); }, x); }
template <class T> [[nodiscard]] Real<T> cosh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::cosh; return cosh(v); }, x); }
template <class T> [[nodiscard]] Real<T> tanh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::tanh; return tanh(v); }, x); }
template <class T> [[nodiscard]] Real<T> asinh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::asinh; return asinh(v); }, x); }
template <class T> [[nodiscard]] Real<T> acosh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::acosh; return acosh(v); }, x); }
template <class T> [[nodiscard]] Real<T> atanh(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::atanh; return atanh(v); }, x); }
template <class T> [[nodiscard]] Real<T> erf(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::erf; return erf(v); }, x); }
template <class T> [[nodiscard]] Real<T> erfc(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::erfc; return erfc(v); }, x); }
template <class T> [[nodiscard]] Real<T> sigmoid(const Real<T>& x) { return detail::statement_of([](const auto& v) { return sigmoid(v); }, x); }
template <class T> [[nodiscard]] Real<T> softplus(const Real<T>& x) { return detail::statement_of([](const auto& v) { return softplus(v); }, x); }
/// Its derivative at 0 is 0.
template <class T> [[nodiscard]] Real<T> abs(const Real<T>& x) { return detail::statement_of([](const auto& v) { using std::abs; return abs(v); }, x); }
template <class T> [[nodiscard]] Real<T> fabs(const Real<T>& x) { return abs(x); }

// Their derivatives are zero: constants.
template <class T> [[nodiscard]] Real<T> sign(const Real<T>& x) { return {sign(x.value()), 0}; }
template <class T> [[nodiscard]] Real<T> floor(const Real<T>& x) { using std::floor; return {floor(x.value()), 0}; }
template <class T> [[nodiscard]] Real<T> ceil(const Real<T>& x) { using std::ceil; return {ceil(x.value()), 0}; }
template <class T> [[nodiscard]] Real<T> round(const Real<T>& x) { using std::round; return {round(x.value()), 0}; }
template <class T> [[nodiscard]] Real<T> trunc(const Real<T>& x) { using std::trunc; return {trunc(x.value()), 0}; }

// Of two arguments, one of which may be a constant.
template <class T>
[[nodiscard]] Real<T> pow(const Real<T>& a, const Real<T>& b) {
    using std::pow;
    const T z = pow(a.value(), b.value());
    if ((a.statement() | b.statement()) == 0) return {z, 0};
    return detail::statement<T>(z, detail::slope_of_base(a.value(), b.value()), a, detail::slope_of_exponent(a.value(), z), b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> pow(const Real<T>& a, const U& b) {
    if constexpr (Number<U>) return detail::statement_of([b](const auto& v) { using std::pow; return pow(v, b); }, a);
    else return pow(a, Real<T>(b));
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> pow(const U& a, const Real<T>& b) {
    return pow(Real<T>(a), b);
}
template <class T>
[[nodiscard]] Real<T> atan2(const Real<T>& a, const Real<T>& b) {
    return detail::statement_of([](const auto& v, const auto& w) { using std::atan2; return atan2(v, w); }, a, b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> atan2(const Real<T>& a, const U& b) { return atan2(a, Real<T>(b)); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> atan2(const U& a, const Real<T>& b) { return atan2(Real<T>(a), b); }
template <class T>
[[nodiscard]] Real<T> hypot(const Real<T>& a, const Real<T>& b) {
    return detail::statement_of([](const auto& v, const auto& w) { using std::hypot; return hypot(v, w); }, a, b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> hypot(const Real<T>& a, const U& b) { return hypot(a, Real<T>(b)); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> hypot(const U& a, const Real<T>& b) { return hypot(Real<T>(a), b); }
template <class T>
[[nodiscard]] Real<T> fmod(const Real<T>& a, const Real<T>& b) {
    return detail::statement_of([](const auto& v, const auto& w) { using std::fmod; return fmod(v, w); }, a, b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> fmod(const Real<T>& a, const U& b) { return fmod(a, Real<T>(b)); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> fmod(const U& a, const Real<T>& b) { return fmod(Real<T>(a), b); }
template <class T>
[[nodiscard]] Real<T> minimum(const Real<T>& a, const Real<T>& b) {
    return detail::statement_of([](const auto& v, const auto& w) { return minimum(v, w); }, a, b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> minimum(const Real<T>& a, const U& b) { return minimum(a, Real<T>(b)); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> minimum(const U& a, const Real<T>& b) { return minimum(Real<T>(a), b); }
template <class T>
[[nodiscard]] Real<T> maximum(const Real<T>& a, const Real<T>& b) {
    return detail::statement_of([](const auto& v, const auto& w) { return maximum(v, w); }, a, b);
}
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> maximum(const Real<T>& a, const U& b) { return maximum(a, Real<T>(b)); }
template <class T, ConstantBeside<T> U>
[[nodiscard]] Real<T> maximum(const U& a, const Real<T>& b) { return maximum(Real<T>(a), b); }
// clang-format on

}  // namespace cotangent
