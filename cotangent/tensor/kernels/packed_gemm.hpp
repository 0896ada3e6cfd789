#pragma once
#include <cstdint>

namespace cotangent::detail {

/// c = scale op(a) op(b) + (adds ? c : 0) on the calling thread, with our own loops: float64, and float32 where gemm.cpp
/// prefers it to oneDNN. Operands are given by their strides, so that op may be a transpose: op(a)[i, k] = a[i * a_row + k * a_column].
template <class T>
struct PackedGemm {
    std::int64_t rows, columns, inner;
    const T* a;
    std::int64_t a_row, a_column;
    const T* b;
    std::int64_t b_row, b_column;
    T* c;
    std::int64_t c_row;
    bool adds;
    T scale = 1;

    void run() const;
};

}  // namespace cotangent::detail
