#pragma once
#include <cstdint>

#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {

/// The innermost loop of a product: sum_k a[i * a_row + k * a_inner] b[k * b_row + j] for `rows` rows and the columns of
/// `registers` vector registers, all kept in registers until put(i, j, lanes) gets them, j being the first column of the
/// lanes.
template <class T, int rows, int registers, class Put>
[[gnu::always_inline]] inline void multiply_tile(std::int64_t inner, const T* a, std::int64_t a_row, std::int64_t a_inner,
                                                 const T* b, std::int64_t b_row, const Put& put) {
    using L = Lanes<T>;
    L total[rows][registers];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
        for (int j = 0; j < registers; ++j) total[i][j] = L(0);
    for (std::int64_t k = 0; k < inner; ++k, a += a_inner, b += b_row) {
        L right[registers];
#pragma GCC unroll 2
        for (int j = 0; j < registers; ++j) right[j] = L::load(b + j * L::count);
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i) {
            const L left(a[i * a_row]);
#pragma GCC unroll 2
            for (int j = 0; j < registers; ++j) total[i][j] += left * right[j];
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 2
        for (int j = 0; j < registers; ++j) put(i, j * L::count, total[i][j]);
}

}  // namespace cotangent::detail
