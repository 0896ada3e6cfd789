#pragma once
// The saddle point of f(x, y) = |x|^2 - |y|^2: the least over x of the greatest over y, both by gradient descent, so that a
// gradient is taken of a function that takes gradients.
// @source  Siskind, Pearlmutter 2008, "Using programming language theory to make automatic differentiation sound and
//          efficient"; gradbench/gradbench, evals/saddle
#include "descent.hpp"

namespace cotangent::gradbench {

template <class T>
using Point = std::array<T, 2>;

template <class X, class Y>
[[nodiscard]] auto saddle(const Point<X>& x, const Point<Y>& y) {
    return (x[0] * x[0] + x[1] * x[1]) - (y[0] * y[0] + y[1] * y[1]);
}

/// Two functions that take gradients of (T, f, point) for points of any scalar: the outer and the inner one.
/// @return x and y
template <class Outer, class Inner>
[[nodiscard]] std::array<double, 4> find_saddle(const Outer& outer, const Inner& inner, const Point<double>& start) {
    const auto highest = [&]<class T>(const Point<T>& x) {
        const auto f = [&](const auto& y) { return saddle(x, y); };
        Point<T> from;
        for (std::size_t i = 0; i < 2; ++i) from[i] = start[i];
        const auto gradient = [&](const Point<T>& y) { return inner(f, y); };
        return argmax<T, 2>(f, gradient, from);
    };
    const auto f = [&]<class T>(const Point<T>& x) -> T { return saddle(x, highest(x)); };
    const Point<double> x = argmin<double, 2>(
        f, [&](const Point<double>& at) { return outer(f, at); }, start);
    const Point<double> y = highest(x);
    return {x[0], x[1], y[0], y[1]};
}

}  // namespace cotangent::gradbench
