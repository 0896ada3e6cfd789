#pragma once
// exp, log, expm1, log1p, tanh and erf of lanes.
#include "cotangent/tensor/lanes.hpp"

namespace cotangent {

template <class T>
[[nodiscard]] inline Lanes<T> exp(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::exp(x); });
}
template <class T>
[[nodiscard]] inline Lanes<T> log(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::log(x); });
}
template <class T>
[[nodiscard]] inline Lanes<T> expm1(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::expm1(x); });
}
template <class T>
[[nodiscard]] inline Lanes<T> log1p(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::log1p(x); });
}
template <class T>
[[nodiscard]] inline Lanes<T> tanh(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::tanh(x); });
}
template <class T>
[[nodiscard]] inline Lanes<T> erf(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::erf(x); });
}

/// 1 / (1 + exp(-x)) for lanes and numbers, without overflow.
template <class T>
[[nodiscard]] inline T sigmoid(T x) {
    using std::abs, std::exp;
    const T t = exp(-abs(x));
    return select(x < 0, t, T(1)) / (1 + t);
}
/// log(1 + exp(x)) for lanes and numbers, without overflow.
template <class T>
[[nodiscard]] inline T softplus(T x) {
    using std::abs, std::exp, std::log1p;
    return maximum(x, T(0)) + log1p(exp(-abs(x)));
}

}  // namespace cotangent
