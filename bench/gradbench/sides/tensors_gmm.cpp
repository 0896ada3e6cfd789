// The Gaussian mixture in tensors.
#include <cmath>
#include <numbers>

#include "tensors.hpp"

namespace cotangent::gradbench {
namespace {

/// The parameters as the user has them; their gradient is another.
struct Mixture {
    Tensor alpha;     ///< [k]
    Tensor means;     ///< [k, d]
    Tensor q;         ///< [k, d]
    Tensor triangle;  ///< [k, d (d - 1) / 2]
};

}  // namespace

Run tensors_gmm(How how, const Gmm& problem) {
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
        const Tensor distances = sum(squares(away), {.axes = {1}});
        const Tensor terms = reshape(mixture.alpha + sums, {K, 1}) - constant(0.5) * distances;
        const Tensor prior =
            constant(-0.5 * gamma * gamma) * (total_of_squares(diagonal) + total_of_squares(mixture.triangle)) +
            constant(m) * sum(sums);
        return sum(logsumexp(terms, {.axes = {0}})) - constant(count) * logsumexp(mixture.alpha) + prior + constant(known);
    };
    return gradient_run(how, parameters, objective);
}

}  // namespace cotangent::gradbench
