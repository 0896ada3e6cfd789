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

    /// What the components have for all points: the diagonals of Q [k, d] and the sums of their logarithms [k].
    template <class T>
    struct Diagonals {
        std::vector<T> values, sums;
    };

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const {
        const Diagonals<T> diagonals = diagonals_of(x);
        return posterior(likelihood(0, n, x, diagonals), x, diagonals);
    }

    template <class T>
    [[nodiscard]] Diagonals<T> diagonals_of(std::span<const T> x) const;
    /// Of the points first to last - 1, without its constant part.
    template <class T>
    [[nodiscard]] T likelihood(std::size_t first, std::size_t last, std::span<const T> x,
                               const Diagonals<T>& diagonals) const;
    /// From the likelihood of all points.
    template <class T>
    [[nodiscard]] T posterior(const T& likelihood, std::span<const T> x, const Diagonals<T>& diagonals) const;

private:
    template <class T>
    [[nodiscard]] T log_prior(std::span<const T> triangles, const Diagonals<T>& diagonals) const;
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
T Gmm::log_prior(std::span<const T> triangles, const Diagonals<T>& diagonals) const {
    const double freedom = static_cast<double>(d) + m + 1, dimension = static_cast<double>(d);
    double log_gamma = 0.25 * dimension * (dimension - 1) * std::log(std::numbers::pi);
    for (std::size_t j = 0; j < d; ++j) log_gamma += std::lgamma(0.5 * (freedom - static_cast<double>(j)));
    const double constant = freedom * dimension * (std::log(gamma) - 0.5 * std::numbers::ln2) - log_gamma;
    T squares = 0.0, total = 0.0;
    for (const T& value : diagonals.values) squares += value * value;
    for (const T& value : triangles) squares += value * value;
    for (const T& value : diagonals.sums) total += value;
    return static_cast<double>(k) * constant - 0.5 * gamma * gamma * squares + static_cast<double>(m) * total;
}

template <class T>
Gmm::Diagonals<T> Gmm::diagonals_of(std::span<const T> x) const {
    using std::exp;
    const auto q = x.subspan(k + k * d, k * d);
    Diagonals<T> of{.values = std::vector<T>(k * d), .sums = std::vector<T>(k)};
    for (std::size_t c = 0; c < k; ++c) {
        T sum = 0.0;
        for (std::size_t i = 0; i < d; ++i) {
            of.values[c * d + i] = exp(q[c * d + i]);
            sum += q[c * d + i];
        }
        of.sums[c] = sum;
    }
    return of;
}

template <class T>
T Gmm::likelihood(std::size_t first, std::size_t last, std::span<const T> x, const Diagonals<T>& diagonals) const {
    const auto alpha = x.first(k), means = x.subspan(k, k * d), triangles = x.subspan(k + 2 * k * d);
    std::vector<T> terms(k), centred(d), product(d);
    T total = 0.0;
    for (std::size_t p = first; p < last; ++p) {
        for (std::size_t c = 0; c < k; ++c) {
            const T distance = mahalanobis(d, &points[p * d], &means[c * d], &diagonals.values[c * d],
                                           triangles.data() + c * triangle(), centred.data(), product.data());
            terms[c] = alpha[c] + diagonals.sums[c] - 0.5 * distance;
        }
        total += log_sum_exp<T>(terms);
    }
    return total;
}

template <class T>
T Gmm::posterior(const T& likelihood, std::span<const T> x, const Diagonals<T>& diagonals) const {
    const double count = static_cast<double>(n);
    const double constant = -0.5 * count * static_cast<double>(d) * std::log(2 * std::numbers::pi);
    return constant + likelihood - count * log_sum_exp<T>(x.first(k)) + log_prior<T>(x.subspan(k + 2 * k * d), diagonals);
}

}  // namespace cotangent::gradbench
