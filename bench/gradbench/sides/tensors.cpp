// Cotangent in tensors: what somebody writes who thinks in arrays. The derivative is that of the ops, run one after the
// other or compiled at the first call.
#include <algorithm>

#include "tensors.hpp"

namespace cotangent::gradbench {
namespace {

std::optional<Run> make(How how, const LogSumExp& problem) {
    return gradient_run(how, problem.parameters, [](const Tensor& x) {
        const Tensor top = stop_gradient(max(x));
        return log(sum(exp(x - top))) + top;
    });
}

std::optional<Run> make(How how, const LeastSquares& problem) {
    const auto n = static_cast<std::int64_t>(problem.n), m = static_cast<std::int64_t>(problem.parameters.size());
    return gradient_run(how, problem.parameters, [n, m](const Tensor& x) {
        // The powers are data: a row a power, each from the one before.
        Tensor powers = ones({m, n}, Dtype::float64), target = zeros({n}, Dtype::float64);
        double *power = powers.mutable_values<double>().data(), *sign = target.mutable_values<double>().data();
        for (std::int64_t i = 0; i < n; ++i) {
            const double t = -1 + 2 * static_cast<double>(i) / static_cast<double>(n - 1);
            sign[i] = (t > 0) - (t < 0);
            power[n + i] = t;
        }
        for (std::int64_t j = 2; j < m; ++j)
            for (std::int64_t i = 0; i < n; ++i) power[j * n + i] = power[(j - 1) * n + i] * power[n + i];
        return constant(0.5) * total_of_squares(target - matmul(x, powers));
    });
}

std::optional<Run> make(How how, const KMeans& problem) {
    const auto k = static_cast<std::int64_t>(problem.k), d = static_cast<std::int64_t>(problem.d);
    const Tensor points = matrix(problem.points, problem.n);
    return gradient_run(how, problem.parameters, [=](const Tensor& x) {
        const Tensor centroids = reshape(x, {k, d}), plain = stop_gradient(centroids);
        // |p - c|^2 less |p|^2, which does not matter to which is least
        const Tensor distances =
            sum(plain * plain, {.axes = {1}}) - constant(2) * matmul(points, plain, {.transpose_b = true});
        return total_of_squares(points - take(centroids, argmin(distances, {.axis = 1})));
    });
}

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

std::optional<Run> make(How how, const Ode& problem) {
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

std::optional<Run> make(How how, const Gmm& problem) { return tensors_gmm(how, problem); }

std::optional<Run> make(How how, const Lstm& problem) {
    if (how == How::eager) return {};
    return compiled_lstm(problem);
}

template <class P>
std::optional<Run> make(How, const P&) {
    return {};  // scalar code
}

}  // namespace

std::optional<Run> tensors(const Problem& problem) {
    return std::visit([](const auto& p) { return make(How::eager, p); }, problem);
}
std::optional<Run> compiled(const Problem& problem) {
    return std::visit([](const auto& p) { return make(How::compiled, p); }, problem);
}

}  // namespace cotangent::gradbench
