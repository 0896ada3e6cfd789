#pragma once
// One LU factorisation for solve, inverse, det, slogdet and matrix_exp.
#include "cotangent/tensor/linalg/lapack.hpp"

#include <cstdint>

namespace cotangent::detail {

/// a [n, n] by rows becomes its factors: a = l u p, l lower with u's diagonal of ones left out, p the exchanges of columns
/// that `pivots` [n] lists (LAPACK's factors of the transpose). Returns 0, or the first pivot that is zero, counted from 1.
template <class T>
int lu_factor(std::int64_t n, T* a, int* pivots);

/// Is the permutation odd that the pivots of lu_factor() make?
[[nodiscard]] inline bool is_odd(std::int64_t n, const int* pivots) {
    bool odd = false;
    for (std::int64_t k = 0; k < n; ++k) odd ^= pivots[k] != k + 1;
    return odd;
}
/// The determinant of a, from its factors.
template <class T>
[[nodiscard]] T lu_determinant(std::int64_t n, const T* lu, const int* pivots) {
    T product = is_odd(n, pivots) ? T(-1) : T(1);
    for (std::int64_t k = 0; k < n; ++k) product *= lu[k * (n + 1)];
    return product;
}

/// b [n, columns] becomes a^-1 b, or a^-T b. A zero pivot gives infinities or NaN.
template <class T>
void lu_solve(std::int64_t n, std::int64_t columns, const T* lu, const int* pivots, bool transpose, T* b);

}  // namespace cotangent::detail
