#pragma once
// Naive gradient descent, as the problems saddle and particle prescribe it: results must agree step for step. Its numbers
// may carry derivatives; comparisons read their values.
// @source  gradbench/gradbench, evals/saddle and evals/particle, for the definition
#include <array>
#include <cmath>
#include <cstddef>

namespace cotangent::gradbench {

template <class T, std::size_t N>
[[nodiscard]] T length(const std::array<T, N>& v) {
    using std::sqrt;
    T sum = 0.0;
    for (const T& x : v) sum += x * x;
    return sqrt(sum);
}

/// Where f is least near x, given its gradient. The step doubles after ten that helped and halves after one that did not.
template <class T, std::size_t N, class F, class Gradient>
[[nodiscard]] std::array<T, N> argmin(const F& f, const Gradient& gradient, std::array<T, N> x) {
    constexpr double small = 1e-5;
    T value = f(x);
    std::array<T, N> slope = gradient(x);
    double rate = 1e-5;
    int helped = 0;
    while (true) {
        if (length(slope) <= small) return x;
        if (helped == 10) {
            rate *= 2;
            helped = 0;
            continue;
        }
        std::array<T, N> next, moved;
        for (std::size_t i = 0; i < N; ++i) {
            next[i] = x[i] - rate * slope[i];
            moved[i] = x[i] - next[i];
        }
        if (length(moved) <= small) return x;
        const T there = f(next);
        if (there < value) {
            x = next;
            value = there;
            slope = gradient(x);
            ++helped;
        } else {
            rate /= 2;
            helped = 0;
        }
    }
}

/// Where f is greatest near x.
template <class T, std::size_t N, class F, class Gradient>
[[nodiscard]] std::array<T, N> argmax(const F& f, const Gradient& gradient, const std::array<T, N>& x) {
    const auto negated = [&](const std::array<T, N>& at) -> T { return -f(at); };
    const auto negated_gradient = [&](const std::array<T, N>& at) {
        std::array<T, N> slope = gradient(at);
        for (T& s : slope) s = -s;
        return slope;
    };
    return argmin<T, N>(negated, negated_gradient, x);
}

}  // namespace cotangent::gradbench
