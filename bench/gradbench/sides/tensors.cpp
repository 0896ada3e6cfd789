// Cotangent in tensors: what somebody writes who thinks in arrays. The derivative is that of the ops, run one after the
// other or compiled at the first call.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"
#include "pieces.hpp"
#include "side.hpp"

namespace cotangent::gradbench {
namespace {

Tensor column(std::span<const double> values) { return Tensor::from(values, {static_cast<std::int64_t>(values.size())}); }
Tensor matrix(std::span<const double> values, std::size_t rows) {
    return Tensor::from(values, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(values.size() / rows)});
}
Tensor constant(double value) { return full({}, value, Dtype::float64); }
Tensor total_of_squares(const Tensor& x) {
    return sum(map([](auto v) { return v * v; }, x));
}

enum class How : std::uint8_t { eager, compiled };

/// Of a function of one tree of tensors.
template <class X, class F>
Run gradient_run(How how, const X& parameters, F f) {
    const auto result = std::make_shared<X>();
    const auto flat = [result] { return numbers_in(*result); };
    if (how == How::eager) return {[result, parameters, g = grad(std::move(f))] { *result = g(parameters); }, flat};
    return {[result, parameters, g = std::make_shared<decltype(compile(grad(f)))>(grad(f))] { *result = (*g)(parameters); },
            flat};
}
template <class F>
Run gradient_run(How how, const std::vector<double>& parameters, F f) {
    return gradient_run(how, column(parameters), std::move(f));
}

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

/// The parameters as the user has them; their gradient is another.
struct Mixture {
    Tensor alpha;     ///< [k]
    Tensor means;     ///< [k, d]
    Tensor q;         ///< [k, d]
    Tensor triangle;  ///< [k, d (d - 1) / 2]
};

std::optional<Run> make(How how, const Gmm& problem) {
    const std::span<const double> x = problem.parameters;
    const std::size_t k = problem.k, d = problem.d;
    const auto K = static_cast<std::int64_t>(k), D = static_cast<std::int64_t>(d),
               L = static_cast<std::int64_t>(problem.triangle());
    const Mixture parameters{column(x.first(k)), matrix(x.subspan(k, k * d), k), matrix(x.subspan(k + k * d, k * d), k),
                             reshape(column(x.subspan(k + 2 * k * d)), {K, L})};
    // Where each element of Q comes from: a zero, the diagonal, then the triangle column by column.
    std::vector<std::int64_t> place(d * d, 0);
    for (std::int64_t i = 0, next = 1 + D; i < D; ++i) {
        place[static_cast<std::size_t>(i * D + i)] = 1 + i;
        for (std::int64_t j = i + 1; j < D; ++j) place[static_cast<std::size_t>(j * D + i)] = next++;
    }
    const Tensor index = Tensor::from(place, {D, D}), points = transpose(matrix(problem.points, problem.n));  // long rows
    const double freedom = static_cast<double>(d) + problem.m + 1, count = static_cast<double>(problem.n),
                 size = static_cast<double>(d);
    double log_gamma = 0.25 * size * (size - 1) * std::log(std::numbers::pi);
    for (std::size_t j = 0; j < d; ++j) log_gamma += std::lgamma(0.5 * (freedom - static_cast<double>(j)));
    const double known =
        static_cast<double>(k) * (freedom * size * (std::log(problem.gamma) - 0.5 * std::numbers::ln2) - log_gamma) -
        0.5 * count * size * std::log(2 * std::numbers::pi);
    const auto objective = [=, gamma = problem.gamma, m = problem.m](const Mixture& mixture) {
        const Tensor diagonal = exp(mixture.q), sums = sum(mixture.q, {.axes = {1}});
        const Tensor zero = zeros({K, 1}, Dtype::float64);
        const Tensor factor = take(concatenate({zero, diagonal, mixture.triangle}, 1), index, 1);  // Q of each component
        const Tensor away = matmul(factor, points) - matmul(factor, reshape(mixture.means, {K, D, 1}));  // [k, d, n]
        const Tensor distances = sum(map([](auto v) { return v * v; }, away), {.axes = {1}});
        const Tensor terms = reshape(mixture.alpha + sums, {K, 1}) - constant(0.5) * distances;
        const Tensor prior =
            constant(-0.5 * gamma * gamma) * (total_of_squares(diagonal) + total_of_squares(mixture.triangle)) +
            constant(m) * sum(sums);
        return sum(logsumexp(terms, {.axes = {0}})) - constant(count) * logsumexp(mixture.alpha) + prior + constant(known);
    };
    return gradient_run(how, parameters, objective);
}

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
