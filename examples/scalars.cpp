// Derivatives of ordinary scalar code. docs/guide/scalars.md walks through it.
#include <iostream>

#include "cotangent/cotangent.hpp"

namespace {

// [template]
template <class T>
struct Spring {
    T stiffness, damping;
};

template <class T>
T distance_after(const Spring<T>& spring, int steps) {  // of a mass that starts at 1
    T position = 1, speed = 0;
    for (int i = 0; i < steps; ++i) {
        if (position < 0) speed *= 0.9;  // a branch, as any
        speed -= 0.01 * (spring.stiffness * position + spring.damping * speed);
        position += 0.01 * speed;
    }
    return position * position;
}
// [template]

// [mixed]
template <class T>
T energy(const std::vector<T>& x) {
    const ct::Tensor v = ct::to_tensor(x);
    return ct::to_scalar<T>(sum(exp(v) * v)) + x[0] * x[1];  // a tensor computation between two lines of scalars
}
// [mixed]

}  // namespace

int main() {
    // [grad]
    std::cout << "slope     = " << ct::grad([](auto x, auto y) { return sin(x) * y; })(1.0, 2.0) << "\n";  // 2 cos 1
    // [grad]

    // [struct]
    const auto f = [](const auto& spring) { return distance_after(spring, 200); };
    const auto [value, gradient] = ct::value_and_grad(f)(Spring<double>{4, 0.5});
    std::cout << "gradient  = " << gradient.stiffness << ", " << gradient.damping << "\n";
    // [struct]

    // [hessian]
    const Spring<Spring<double>> second = ct::hessian(f)(Spring<double>{4, 0.5});
    std::cout << "hessian   = " << second.stiffness.damping << " = " << second.damping.stiffness << "\n";
    // [hessian]

    // [run_mixed]
    std::cout << "mixed     = " << ct::grad([](const auto& x) { return energy(x); })(std::vector<double>{0.5, 1, 2})[0]
              << "\n";
    // [run_mixed]

    // [custom]
    const auto step = ct::custom_gradient([](auto x) { return x > 0 ? decltype(x)(1) : decltype(x)(0); },
                                          [](auto g, auto, auto x) { return g * exp(-x * x); });
    std::cout << "step'     = " << ct::grad(step)(0.0) << "\n";
    // [custom]

    // [loop]
    const auto advance = [](const auto& s, std::int64_t, const auto& stiffness) {
        auto next = s;
        next[1] -= 0.001 * stiffness * s[0];
        next[0] += 0.001 * next[1];
        return next;
    };
    const auto late = [&](const auto& x) {  // keeps about 300 states of 100,000
        using T = std::remove_cvref_t<decltype(x[0])>;
        return ct::checkpointed_loop(100000, advance, std::array<T, 2>{1, 0}, x[0])[0];
    };
    std::cout << "late      = " << ct::grad(late)(std::vector<double>{1.0})[0] << "\n";
    // [loop]

    // [lost]
    const auto lost = [](const auto& x) {
        return x[0] * ct::grad([&](const auto& y) { return x[0] * y[0]; })(std::vector<double>{2})[0];
    };
    try {
        (void)ct::grad(lost)(std::vector<double>{1});
    } catch (const ct::ValueError& error) {
        std::cout << error.what() << "\n";
    }
    // [lost]
}
