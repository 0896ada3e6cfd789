#pragma once
#include <cstdint>

namespace cotangent::detail {

/// y = scale M x + (adds ? y : 0) on the calling thread, without packing: M is read once, as fast as memory gives it.
/// Operands are given by their strides: M[i, k] = matrix[i * row + k * column], and one of row and column is 1.
template <class T>
struct MatrixVector {
    std::int64_t rows, inner;
    const T* matrix;
    std::int64_t row, column;
    const T* x;
    std::int64_t x_step;
    T* y;
    std::int64_t y_step;
    bool adds;
    T scale = 1;

    void run() const;
};

}  // namespace cotangent::detail
