#pragma once
// Gaussian mixture: the log posterior of n points under k components, with a Wishart prior on the precisions. A component's
// precision is Q^T Q, where Q is lower triangular with exp(q) on its diagonal.
// @source  Srajer, Kukelova, Fitzgibbon 2018, "A benchmark of selected algorithmic differentiation tools", section 3.1
#include <cmath>
#include <numbers>
#include <vector>

#include "log_sum_exp.hpp"

namespace cotangent::gradbench {

struct Gmm {
    std::size_t d, k, n;
    std::vector<double> points;  ///< [n, d]
    double gamma = 1;            ///< of the prior
    int m = 0;                   ///< of the prior: degrees of freedom beyond d + 1
    /// alpha [k], means [k, d], q [k, d], and the k strictly lower triangles [k, d (d - 1) / 2], each column by column.
    std::vector<double> parameters;

    [[nodiscard]] std::size_t triangle() const { return d * (d - 1) / 2; }

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const;

private:
    template <class T>
    [[nodiscard]] T log_prior(std::span<const T> diagonals, std::span<const T> triangles, std::span<const T> sums) const;
};

[[nodiscard]] Gmm make_gmm(std::size_t d, std::size_t k, std::size_t n);

/// |Q (point - mean)|^2; `centred` and `product` are room for d numbers each.
template <class T>
T mahalanobis(std::size_t d, const double* __restrict point, const T* __restrict mean, const T* __restrict diagonal,
              const T* __restrict triangle, T* __restrict centred, T* __restrict product) {
    for (std::size_t i = 0; i < d; ++i) {
        centred[i] = point[i] - mean[i];
        product[i] = diagonal[i] * centred[i];
    }
    for (std::size_t i = 0; i + 1 < d; ++i) {
        for (std::size_t j = i + 1; j < d; ++j) product[j] += triangle[j - i - 1] * centred[i];
        triangle += d - i - 1;
    }
    T sum = 0.0;
    for (std::size_t i = 0; i < d; ++i) sum += product[i] * product[i];
    return sum;
}

template <class T>
T Gmm::log_prior(std::span<const T> diagonals, std::span<const T> triangles, std::span<const T> sums) const {
    const double freedom = static_cast<double>(d) + m + 1, dimension = static_cast<double>(d);
    double log_gamma = 0.25 * dimension * (dimension - 1) * std::log(std::numbers::pi);
    for (std::size_t j = 0; j < d; ++j) log_gamma += std::lgamma(0.5 * (freedom - static_cast<double>(j)));
    const double constant = freedom * dimension * (std::log(gamma) - 0.5 * std::numbers::ln2) - log_gamma;
    T squares = 0.0, total = 0.0;
    for (const T& value : diagonals) squares += value * value;
    for (const T& value : triangles) squares += value * value;
    for (const T& value : sums) total += value;
    return static_cast<double>(k) * constant - 0.5 * gamma * gamma * squares + static_cast<double>(m) * total;
}

template <class T>
T Gmm::operator()(std::span<const T> x) const {
    using std::exp;
    const auto alpha = x.first(k), means = x.subspan(k, k * d), q = x.subspan(k + k * d, k * d),
               triangles = x.subspan(k + 2 * k * d);
    std::vector<T> diagonals(k * d), sums(k), terms(k), centred(d), product(d);
    for (std::size_t c = 0; c < k; ++c) {
        T sum = 0.0;
        for (std::size_t i = 0; i < d; ++i) {
            diagonals[c * d + i] = exp(q[c * d + i]);
            sum += q[c * d + i];
        }
        sums[c] = sum;
    }
    T likelihood = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
        for (std::size_t c = 0; c < k; ++c) {
            const T distance = mahalanobis(d, &points[p * d], &means[c * d], &diagonals[c * d],
                                           triangles.data() + c * triangle(), centred.data(), product.data());
            terms[c] = alpha[c] + sums[c] - 0.5 * distance;
        }
        likelihood += log_sum_exp<T>(terms);
    }
    const double count = static_cast<double>(n);
    const double constant = -0.5 * count * static_cast<double>(d) * std::log(2 * std::numbers::pi);
    return constant + likelihood - count * log_sum_exp<T>(alpha) + log_prior<T>(diagonals, triangles, sums);
}

}  // namespace cotangent::gradbench
