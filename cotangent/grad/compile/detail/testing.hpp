#pragma once
// For the tests of compile only.
#include "cotangent/tensor/ops.hpp"

namespace cotangent::testing {

[[nodiscard]] inline Tensor numbers(std::int64_t count, double start = 0.1) {
    return linspace(start, start + 1, count, Dtype::float64);
}

[[nodiscard]] inline bool identical(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && a.to_vector<double>() == b.to_vector<double>();
}

}  // namespace cotangent::testing
