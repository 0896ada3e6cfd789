#include "cotangent/tensor/linalg/lu.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cotangent/tensor/linalg/triangular_kernel.hpp"

namespace cotangent::detail {

namespace {

/// The same factors by plain elimination: LAPACK's recursion costs more than it saves on a small matrix.
template <class T>
int eliminate(std::int64_t n, T* a, int* pivots) {
    int zero_pivot = 0;
    for (std::int64_t k = 0; k < n; ++k) {
        T* row = a + k * n;
        std::int64_t pivot = k;
        for (std::int64_t j = k + 1; j < n; ++j)
            if (std::abs(row[j]) > std::abs(row[pivot])) pivot = j;
        pivots[k] = static_cast<int>(pivot + 1);
        if (row[pivot] == T(0)) {
            if (zero_pivot == 0) zero_pivot = static_cast<int>(k + 1);
            continue;
        }
        if (pivot != k)
            for (std::int64_t i = 0; i < n; ++i) std::swap(a[i * n + k], a[i * n + pivot]);
        const T reciprocal = 1 / row[k];
        for (std::int64_t j = k + 1; j < n; ++j) row[j] = std::isinf(reciprocal) ? row[j] / row[k] : row[j] * reciprocal;
        for (std::int64_t i = k + 1; i < n; ++i) {
            const T factor = a[i * n + k];
            T* __restrict to = a + i * n;
            const T* __restrict from = row;
            for (std::int64_t j = k + 1; j < n; ++j) to[j] -= factor * from[j];
        }
    }
    return zero_pivot;
}

}  // namespace

template <class T>
int lu_factor(std::int64_t n, T* a, int* pivots) {
    if (n <= 32) return eliminate(n, a, pivots);
    const int size = static_cast<int>(n), ld = std::max(1, size);
    int info = 0;
    Lapack<T>::getrf(&size, &size, a, &ld, pivots, &info);
    return info;
}

template <class T>
void lu_solve(std::int64_t n, std::int64_t columns, const T* lu, const int* pivots, bool transpose, T* b) {
    const auto exchange = [&](std::int64_t i) {
        const std::int64_t with = pivots[i] - 1;
        if (with != i) std::swap_ranges(b + i * columns, b + (i + 1) * columns, b + with * columns);
    };
    if (transpose) {
        for (std::int64_t i = 0; i < n; ++i) exchange(i);
        TriangularProblem<T>{true, true, n, columns, lu, 1, n, b, columns, 1}.run();
        TriangularProblem<T>{false, false, n, columns, lu, 1, n, b, columns, 1}.run();
        return;
    }
    TriangularProblem<T>{true, false, n, columns, lu, n, 1, b, columns, 1}.run();
    TriangularProblem<T>{false, true, n, columns, lu, n, 1, b, columns, 1}.run();
    for (std::int64_t i = n; i-- > 0;) exchange(i);
}

template int lu_factor<float>(std::int64_t, float*, int*);
template int lu_factor<double>(std::int64_t, double*, int*);
template void lu_solve<float>(std::int64_t, std::int64_t, const float*, const int*, bool, float*);
template void lu_solve<double>(std::int64_t, std::int64_t, const double*, const int*, bool, double*);

}  // namespace cotangent::detail
