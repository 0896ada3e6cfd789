#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {

template <class T>
inline constexpr int tile_side = std::min<int>(16, lane_bytes / static_cast<int>(sizeof(T)));

/// to[i * to_stride + j] = from[j * from_stride + i] for i, j < tile_side.
template <class T>
void transpose_tile(T* to, std::int64_t to_stride, const T* from, std::int64_t from_stride) {
    constexpr int n = tile_side<T>;
    typedef T Vector __attribute__((vector_size(n * sizeof(T))));
    Vector rows[n], next[n];
    for (int j = 0; j < n; ++j) std::memcpy(&rows[j], from + j * from_stride, sizeof(Vector));
    // Interleaving row r with row r + n/2 into rows 2r and 2r+1, log2(n) times, is a transposition.
    const auto interleave = [&]<int... k>(std::integer_sequence<int, k...>) {
        for (int r = 0; r < n / 2; ++r) {
            next[2 * r] = __builtin_shufflevector(rows[r], rows[r + n / 2], (k / 2 + (k % 2) * n)...);
            next[2 * r + 1] = __builtin_shufflevector(rows[r], rows[r + n / 2], (n / 2 + k / 2 + (k % 2) * n)...);
        }
        std::copy(next, next + n, rows);
    };
    for (int length = n; length > 1; length /= 2) interleave(std::make_integer_sequence<int, n>{});
    for (int i = 0; i < n; ++i) std::memcpy(to + i * to_stride, &rows[i], sizeof(Vector));
}

/// The same for any number of rows i and columns j.
template <class T>
void transpose_block(T* to, std::int64_t to_stride, const T* from, std::int64_t from_stride, std::int64_t rows,
                     std::int64_t columns) {
    constexpr std::int64_t n = tile_side<T>;
    const auto part = [&](std::int64_t first_row, std::int64_t last_row, std::int64_t first_column,
                          std::int64_t last_column) {
        for (std::int64_t i = first_row; i < last_row; ++i)
            for (std::int64_t j = first_column; j < last_column; ++j) to[i * to_stride + j] = from[j * from_stride + i];
    };
    const std::int64_t full_rows = rows / n * n, full_columns = columns / n * n;
    for (std::int64_t i = 0; i < full_rows; i += n)
        for (std::int64_t j = 0; j < full_columns; j += n)
            transpose_tile(to + i * to_stride + j, to_stride, from + j * from_stride + i, from_stride);
    part(0, full_rows, full_columns, columns);
    part(full_rows, rows, 0, columns);
}

}  // namespace cotangent::detail
