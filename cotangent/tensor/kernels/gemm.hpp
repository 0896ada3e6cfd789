#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "cotangent/tensor/dtype.hpp"

namespace cotangent::detail {

/// `count` products of row-major matrices, c = op(a) op(b), where op transposes when asked:
///     op(a) is [rows, inner], op(b) is [inner, columns], c is [rows, columns].
/// a is stored [rows, inner], or [inner, rows] when transposed; b likewise. Everything is dense; the matrices of operand x
/// lie `stride_x` elements apart (0: the same one each time).
struct GemmProblem {
    std::int64_t rows = 0, columns = 0, inner = 0;
    bool transpose_a = false, transpose_b = false;
    std::int64_t count = 1;
    std::int64_t stride_a = 0, stride_b = 0, stride_c = 0;
};

/// float32, float64 or bfloat16 (sums in float32), on all threads. How the work is cut depends on the problem alone, or changes
/// no bit of the result.
///     |error| <= 2 inner eps(dtype) sum_k |a||b|
void gemm(Dtype dtype, const GemmProblem& problem, const void* a, const void* b, void* c);

/// Is a product as fast when it is made some rows at a time? So it is with our own loops, if it is large, a is not
/// transposed and b takes at most a megabyte.
[[nodiscard]] bool pays_by_rows(Dtype dtype, const GemmProblem& problem);

/// Such a product, a not transposed. use(first, last, made) is called for rows [first, last) on the thread that made them,
/// while they are in the cache; they lie one after the other from `made` on, in c, or, if that is null, in memory that is
/// free again when `use` returns. How the work is cut depends on the problem alone; the numbers are those of gemm(), bit for bit.
void gemm_by_rows(Dtype dtype, const GemmProblem& problem, const void* a, const void* b, void* c,
                  const std::function<void(std::int64_t first, std::int64_t last, const std::byte* made)>& use);

/// Whether gemm() takes bfloat16 on this processor.
[[nodiscard]] bool has_bfloat16_products();

/// One product on the calling thread, with leading dimensions: c = op(a) op(b) + (adds ? c : 0). float32 or float64.
template <class T>
void gemm_block(bool transpose_a, bool transpose_b, std::int64_t rows, std::int64_t columns, std::int64_t inner, const T* a,
                std::int64_t lda, const T* b, std::int64_t ldb, bool adds, T* c, std::int64_t ldc);

}  // namespace cotangent::detail
