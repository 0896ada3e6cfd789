#pragma once
// K-means: the sum over points of the squared distance to the nearest centroid. GradBench asks for the step of Newton's
// method, which needs the gradient and the Hessian; the Hessian is diagonal.
// @source  Bottou, Bengio 1994, "Convergence properties of the k-means algorithms"; gradbench/gradbench, evals/kmeans
#include <cstddef>
#include <span>
#include <vector>

#include "value_of.hpp"

namespace cotangent::gradbench {

struct KMeans {
    std::size_t n, k, d;
    std::vector<double> points;      ///< [n, d]
    std::vector<double> parameters;  ///< the centroids, [k, d]

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const;
};

/// The centroids are the last k points, so that each has a point that is nearest to it.
[[nodiscard]] KMeans make_kmeans(std::size_t n, std::size_t k, std::size_t d);

template <class T>
T KMeans::operator()(std::span<const T> x) const {
    // Which centroid is nearest is decided on plain numbers; only the distance to that one counts.
    std::vector<double> plain(k * d);
    for (std::size_t i = 0; i < k * d; ++i) plain[i] = value_of(x[i]);
    T cost = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
        const double* point = &points[p * d];
        std::size_t nearest = 0;
        double least = 0;
        for (std::size_t c = 0; c < k; ++c) {
            double distance = 0;
            for (std::size_t i = 0; i < d; ++i) distance += (point[i] - plain[c * d + i]) * (point[i] - plain[c * d + i]);
            if (c == 0 || distance < least) {
                least = distance;
                nearest = c;
            }
        }
        for (std::size_t i = 0; i < d; ++i) {
            const T away = point[i] - x[nearest * d + i];
            cost += away * away;
        }
    }
    return cost;
}

}  // namespace cotangent::gradbench
