#pragma once
// The last component of the solution at t = 2 of y_0' = x_0, y_i' = x_i y_{i-1}, y(0) = 0, by Runge and Kutta's method.
// @source  cmpad's problem an_ode by Bradley M. Bell; gradbench/gradbench, evals/ode, for the definition
#include <cstddef>
#include <span>
#include <vector>

namespace cotangent::gradbench {

struct Ode {
    std::size_t steps;
    std::vector<double> parameters;

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const {
        return run(std::vector<T>(x.size(), T(0.0)), 0, steps, x).back();
    }
    /// y after `last` steps, from that after `first`.
    template <class T>
    [[nodiscard]] std::vector<T> run(std::vector<T> y, std::size_t first, std::size_t last, std::span<const T> x) const;
};

[[nodiscard]] Ode make_ode(std::size_t n, std::size_t steps);

template <class T>
std::vector<T> Ode::run(std::vector<T> y, std::size_t first, std::size_t last, std::span<const T> x) const {
    const std::size_t n = x.size();
    const double h = 2.0 / static_cast<double>(steps);
    std::vector<T> k1(n), k2(n), k3(n), k4(n), between(n);
    const auto slope = [&](const std::vector<T>& at, std::vector<T>& k) {
        k[0] = x[0];
        for (std::size_t i = 1; i < n; ++i) k[i] = x[i] * at[i - 1];
    };
    const auto move = [&](double step, const std::vector<T>& k) {
        for (std::size_t i = 0; i < n; ++i) between[i] = y[i] + step * k[i];
    };
    for (std::size_t s = first; s < last; ++s) {
        slope(y, k1);
        move(h / 2, k1);
        slope(between, k2);
        move(h / 2, k2);
        slope(between, k3);
        move(h, k3);
        slope(between, k4);
        for (std::size_t i = 0; i < n; ++i) y[i] += h / 6 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
    return y;
}

}  // namespace cotangent::gradbench
