#pragma once
// A charged particle flies past two fixed charges, whose place is controlled by w; which w makes it cross the origin? The
// force is a gradient, and w is found by descent along a gradient through the flight.
// @source  Siskind, Pearlmutter 2008, "Using programming language theory to make automatic differentiation sound and
//          efficient"; gradbench/gradbench, evals/particle
#include "descent.hpp"

namespace cotangent::gradbench {

/// The square of where the particle crosses the first axis. `gradient` takes that of the potential.
template <class T, class Gradient>
[[nodiscard]] T crossing(const T& w, const Gradient& gradient) {
    using std::sqrt;
    constexpr double step = 0.1;
    const std::array<std::array<T, 2>, 2> charges{{{T(10.0), 10.0 - w}, {T(10.0), T(0.0)}}};
    const auto potential = [&]<class U>(const std::array<U, 2>& x) -> U {
        U sum = 0.0;
        for (const auto& charge : charges) {
            const U dx = x[0] - charge[0], dy = x[1] - charge[1];
            sum += 1.0 / sqrt(dx * dx + dy * dy);
        }
        return sum;
    };
    std::array<T, 2> place{T(0.0), T(8.0)}, speed{T(0.75), T(0.0)};
    while (true) {
        const std::array<T, 2> force = gradient(potential, place);
        for (std::size_t i = 0; i < 2; ++i) place[i] += step * speed[i];
        if (place[1] <= 0.0) break;
        for (std::size_t i = 0; i < 2; ++i) speed[i] -= step * force[i];
    }
    const T x = place[0] - place[1] / speed[1] * speed[0];
    return x * x;
}

template <class Outer, class Inner>
[[nodiscard]] double find_control(const Outer& outer, const Inner& inner, double start) {
    const auto f = [&]<class T>(const std::array<T, 1>& w) -> T { return crossing<T>(w[0], inner); };
    return argmin<double, 1>(f, [&](const std::array<double, 1>& w) { return outer(f, w); }, {start})[0];
}

}  // namespace cotangent::gradbench
