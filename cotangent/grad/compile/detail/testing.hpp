#pragma once
// For the tests of compile only.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::testing {

[[nodiscard]] inline Tensor numbers(std::int64_t count, double start = 0.1) {
    return linspace(start, start + 1, count, Dtype::float64);
}

[[nodiscard]] inline bool identical(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && a.to_vector<double>() == b.to_vector<double>();
}

/// The largest difference between the results of a compiled f and those of f, relative where they are large.
template <class F, class... X>
[[nodiscard]] double largest_difference(const F& f, const X&... x) {
    auto compiled = compile(f);
    (void)compiled(x...);
    const auto seen = leaves(compiled(x...)), expected = leaves(f(x...));
    if (seen.size() != expected.size()) return std::numeric_limits<double>::infinity();
    double most = 0;
    for (std::size_t k = 0; k < seen.size(); ++k) {
        const auto a = seen[k].template to_vector<double>(), b = expected[k].template to_vector<double>();
        if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double difference = std::abs(a[i] - b[i]) / (1 + std::abs(b[i]));
            if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
            most = std::max(most, difference);
        }
    }
    return most;
}

}  // namespace cotangent::testing
