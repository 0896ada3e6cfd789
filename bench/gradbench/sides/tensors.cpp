// Cotangent in tensors: what somebody writes who thinks in arrays. The derivative is that of the ops, run one after the
// other or compiled at the first call.
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

std::optional<Run> make(How how, const Gmm& problem) { return tensors_gmm(how, problem); }
std::optional<Run> make(How how, const Ode& problem) { return tensors_ode(how, problem); }

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
