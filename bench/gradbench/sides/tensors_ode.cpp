// The differential equation in tensors.
#include <algorithm>

#include "tensors.hpp"

namespace cotangent::gradbench {
namespace {

/// Runge and Kutta's method for some steps of length h[0].
Tensor ode_steps(Tensor y, const Tensor& x, const std::vector<Tensor>& h) {
    const Tensor one = ones({1}, Dtype::float64);
    const auto slope = [&](const Tensor& at) { return x * concatenate({one, slice_axis(at, 0, 0, at.shape()[0] - 1)}); };
    for (const Tensor& step : h) {
        const Tensor half = step * 0.5;
        const Tensor k1 = slope(y), k2 = slope(y + half * k1), k3 = slope(y + half * k2), k4 = slope(y + step * k3);
        y = y + step / 6.0 * (k1 + 2.0 * (k2 + k3) + k4);
    }
    return y;
}

}  // namespace

Run tensors_ode(How how, const Ode& problem) {
    const auto n = static_cast<std::int64_t>(problem.parameters.size());
    const Tensor start = zeros({n}, Dtype::float64), step = constant(2.0 / static_cast<double>(problem.steps));
    if (how == How::eager)
        return gradient_run(how, problem.parameters, [=, h = std::vector<Tensor>(problem.steps, step)](const Tensor& x) {
            return slice_axis(ode_steps(start, x, h), 0, n - 1, n);
        });
    constexpr std::size_t piece = 5;  // what it keeps fits in the second cache
    std::vector<std::vector<Tensor>> inputs;
    for (std::size_t k = 0; k < problem.steps; k += piece) inputs.emplace_back(std::min(piece, problem.steps - k), step);
    const auto result = std::make_shared<Tensor>();
    const auto pieces = std::make_shared<Pieces<Tensor, Tensor, std::vector<Tensor>>>(ode_steps);
    const Tensor last = concatenate({zeros({n - 1}, Dtype::float64), ones({1}, Dtype::float64)});
    return Run{[=, x = column(problem.parameters)] { *result = pieces->gradient(start, x, inputs, last); },
               [result] { return numbers_in(*result); }};
}

}  // namespace cotangent::gradbench
