#pragma once
#include <cstdint>

namespace cotangent::detail {

/// b = t^-1 b for one triangle t [n, n] and b [n, columns], on the calling thread. Elements lie at
/// t[i * t_row + j * t_column] and b[i * b_row + k * b_column], so a transpose is a swap of strides; one of b's strides
/// is 1. The other triangle, and with `unit` the diagonal, is not read. A zero on the diagonal gives infinities.
template <class T>
struct TriangularProblem {
    bool lower, unit;
    std::int64_t n, columns;
    const T* t;
    std::int64_t t_row, t_column;
    T* b;
    std::int64_t b_row, b_column;

    void run() const;
};

}  // namespace cotangent::detail
