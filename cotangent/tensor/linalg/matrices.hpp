#pragma once
// What the ops on stacks of matrices share: checks of shapes, and the loop over the stack.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cotangent/tensor/tensor.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {

/// @throws DtypeError  x is not float32 or float64    @throws ShapeError  x has fewer than two axes
void check_matrices(const char* op, const char* argument, const Tensor& x);
/// The same, and that the last two axes are of one length.
void check_square(const char* op, const char* argument, const Tensor& x);

/// The same of a, and that b is [N] or [..., N, K] of its dtype.
void check_solve(const char* op, const Tensor& a, const Tensor& b);

/// `times` N^3 for each [N, N] of a stack.
[[nodiscard]] inline double cubic_flops(double times, const Tensor& a) {
    return a.is_empty() ? 0 : times * static_cast<double>(a.size()) * static_cast<double>(a.length(-1));
}
/// `times` N^2 K for each [N, K] of b, of which there are as many as matrices [N, N] in a, or the other way round.
[[nodiscard]] double solve_flops(double times, const Tensor& a, const Tensor& b);

/// The axes before the last two.
[[nodiscard]] Shape batch_of(const Tensor& x);
/// `batch` with [rows, columns] behind it.
[[nodiscard]] Shape with_matrix(const Shape& batch, std::int64_t rows, std::int64_t columns);
/// For each matrix of `batch`, which one of `own` it is where `own` broadcasts to `batch`.
[[nodiscard]] std::vector<std::int64_t> places_in(const Shape& batch, const Shape& own);
/// `a`, or `a[1, 2]`: the matrix a message is about.
[[nodiscard]] std::string matrix_name(const char* argument, const Shape& batch, std::int64_t i);

/// The last two axes change places.
[[nodiscard]] Tensor transposed(const Tensor& x);
/// (x + x^T) / 2
[[nodiscard]] Tensor symmetric_part(const Tensor& x);
/// The same of one matrix; from and to may not overlap.
template <class T>
void symmetrize(std::int64_t n, const T* from, T* to);
/// to [columns, rows] = the transpose of from [rows, columns].
template <class T>
void transpose_into(std::int64_t rows, std::int64_t columns, const T* from, T* to);

/// x as matrices for an op that takes a vector [N] as well: [N, 1].
[[nodiscard]] Tensor as_columns(const Tensor& x);

/// f(i) for each matrix of a stack, on all threads where `flops` a matrix make it worth while.
template <class F>
void for_each_matrix(std::int64_t count, double flops, F&& f) {
    const auto grain = std::max<std::int64_t>(1, static_cast<std::int64_t>(3e5 / std::max(flops, 100.0)));
    parallel_for(count, grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) f(i);
    });
}

/// How much work space LAPACK asks for: as a float, which may be rounded down.
template <class T>
[[nodiscard]] int work_size(T asked) {
    return static_cast<int>(
        std::min<double>(std::nextafter(asked, std::numeric_limits<T>::max()), std::numeric_limits<int>::max()));
}

/// The step from 1 to the next number of the dtype.
[[nodiscard]] inline double epsilon_of(Dtype dtype) { return dtype == Dtype::float32 ? 0x1p-23 : 0x1p-52; }

}  // namespace cotangent::detail
