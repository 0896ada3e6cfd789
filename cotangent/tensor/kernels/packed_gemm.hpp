#pragma once
#include <cstdint>
#include <functional>

namespace cotangent::detail {

/// c = scale op(a) op(b) + (adds ? c : 0) on the calling thread, with our own loops: float64, and float32 where gemm.cpp
/// prefers it to oneDNN. Operands are given by their strides, so that op may be a transpose: op(a)[i, k] = a[i * a_row + k *
/// a_column].
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

    /// The same without the shortcuts for what is small or thin, so that an element is the same, bit for bit, whatever
    /// rectangle of a larger product it is made in.
    void run_in_tiles() const;

    /// Rows [first, last) of the product: row first + i lies at made + i * columns.
    using UseRows = std::function<void(std::int64_t first, std::int64_t last, const T* made)>;
    /// The same on all threads, some rows at a time, which are used on the thread that made them while they are in the
    /// cache. They lie in c, dense, or, if that is null, in memory that is free again when `use` returns. It does not add.
    void run_by_rows(const UseRows& use) const;
};

}  // namespace cotangent::detail
