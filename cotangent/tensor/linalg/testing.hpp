#pragma once
// For this folder's tests only.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/random.hpp"

namespace cotangent::testing {

inline constexpr Dtype real_dtypes[] = {Dtype::float32, Dtype::float64};

[[nodiscard]] inline Tensor random_matrices(const Shape& shape, std::uint64_t seed, Dtype dtype = Dtype::float64) {
    Rng rng(seed);
    return normal(rng, shape, 0, 1, dtype);
}
[[nodiscard]] inline Tensor transposed(const Tensor& x) { return swap_axes(x, -1, -2); }
/// Symmetric and positive definite.
[[nodiscard]] inline Tensor random_definite(const Shape& shape, std::uint64_t seed, Dtype dtype = Dtype::float64) {
    const Tensor x = random_matrices(shape, seed, dtype);
    return matmul(x, x, {.transpose_b = true}) + eye(shape.back(), dtype);
}
[[nodiscard]] inline double epsilon(Dtype dtype) { return dtype == Dtype::float32 ? 0x1p-23 : 0x1p-52; }
/// The largest |element|; NaN if there is one.
[[nodiscard]] inline double largest(const Tensor& x) { return x.is_empty() ? 0.0 : max(abs(x)).item(); }
/// The largest |a - b| in units of eps times the largest |b|.
[[nodiscard]] inline double error_in_eps(const Tensor& a, const Tensor& b) {
    REQUIRE(to_string(a.shape()) == to_string(b.shape()));
    return largest(a - b) / (epsilon(b.dtype()) * std::max(largest(b), 1e-300));
}
[[nodiscard]] inline bool identical(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() &&
           (a.is_empty() || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

}  // namespace cotangent::testing
