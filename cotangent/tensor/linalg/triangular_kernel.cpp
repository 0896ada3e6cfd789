// Substitution in blocks: what earlier blocks of the solution contribute is a matrix product, and the triangles left on the
// diagonal are small enough to stay in the cache.
#include "cotangent/tensor/linalg/triangular_kernel.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "cotangent/tensor/kernels/packed_gemm.hpp"
#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {
namespace {

constexpr std::int64_t block = 32, panel = 64;

template <class T>
T dot(std::int64_t n, const T* a, const T* b) {
    using L = Lanes<T>;
    L sum0(0), sum1(0);
    std::int64_t i = 0;
    for (; i + 2 * L::count <= n; i += 2 * L::count) {
        sum0 += L::load(a + i) * L::load(b + i);
        sum1 += L::load(a + i + L::count) * L::load(b + i + L::count);
    }
    T sum = sum_of(sum0 + sum1);
    for (; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

/// One column, contiguous.
template <class T>
void solve_vector(const TriangularProblem<T>& p, T* x) {
    for (std::int64_t k = 0; k < p.n; ++k) {
        const std::int64_t i = p.lower ? k : p.n - 1 - k;
        const std::int64_t first = p.lower ? 0 : i + 1, last = p.lower ? i : p.n;  // what row i reads
        if (p.t_column == 1) {
            x[i] -= dot(last - first, p.t + i * p.t_row + first, x + first);
            if (!p.unit) x[i] /= p.t[i * (p.t_row + 1)];
        } else {
            if (!p.unit) x[i] /= p.t[i * (p.t_row + p.t_column)];
            const T value = x[i];
            const std::int64_t from = p.lower ? i + 1 : 0, to = p.lower ? p.n : i;  // what column i changes
            const T* column = p.t + i * p.t_column;
            if (p.t_row == 1)
                for (std::int64_t j = from; j < to; ++j) x[j] -= value * column[j];
            else
                for (std::int64_t j = from; j < to; ++j) x[j] -= value * column[j * p.t_row];
        }
    }
}

/// A triangle [n <= block] on rows of `width` contiguous elements.
template <class T>
void solve_rows(bool lower, bool unit, std::int64_t n, const T* t, T* b, std::int64_t b_row, std::int64_t width) {
    for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t i = lower ? k : n - 1 - k;
        T* row = b + i * b_row;
        for (std::int64_t j = lower ? 0 : i + 1; j < (lower ? i : n); ++j) {
            const T factor = t[i * block + j];
            const T* __restrict other = b + j * b_row;
            T* __restrict to = row;
            for (std::int64_t c = 0; c < width; ++c) to[c] -= factor * other[c];
        }
        if (unit) continue;
        const T divisor = t[i * block + i];
        for (std::int64_t c = 0; c < width; ++c) row[c] /= divisor;
    }
}

}  // namespace

template <class T>
void TriangularProblem<T>::run() const {
    if (columns < 4) {
        std::vector<T> copy(b_row == 1 ? 0 : static_cast<std::size_t>(n));
        for (std::int64_t c = 0; c < columns; ++c) {
            T* column = b + c * b_column;
            if (b_row == 1) {
                solve_vector(*this, column);
                continue;
            }
            for (std::int64_t i = 0; i < n; ++i) copy[static_cast<std::size_t>(i)] = column[i * b_row];
            solve_vector(*this, copy.data());
            for (std::int64_t i = 0; i < n; ++i) column[i * b_row] = copy[static_cast<std::size_t>(i)];
        }
        return;
    }
    alignas(64) std::array<T, block * block> triangle;
    alignas(64) std::array<T, block * panel> rows;
    for (std::int64_t done = 0; done < n; done += block) {
        const std::int64_t here = std::min(block, n - done), at = lower ? done : n - done - here,
                           solved = lower ? 0 : at + here;
        const T* left = t + at * t_row + solved * t_column;
        if (done > 0 && b_column == 1)
            PackedGemm<T>{here,  columns, done,           left,  t_row, t_column, b + solved * b_row,
                          b_row, 1,       b + at * b_row, b_row, true,  T(-1)}
                .run();
        else if (done > 0)
            PackedGemm<T>{columns, here, done, b + solved, b_column, 1, left, t_column, t_row, b + at, b_column, true, T(-1)}
                .run();
        for (std::int64_t i = 0; i < here; ++i)
            for (std::int64_t j = lower ? 0 : i; j < (lower ? i + 1 : here); ++j)
                triangle[static_cast<std::size_t>(i * block + j)] = t[(at + i) * t_row + (at + j) * t_column];
        for (std::int64_t first = 0; first < columns; first += panel) {
            const std::int64_t width = std::min(panel, columns - first);
            T* from = b + at * b_row + first * b_column;
            if (b_column == 1) {
                solve_rows(lower, unit, here, triangle.data(), from, b_row, width);
                continue;
            }
            for (std::int64_t c = 0; c < width; ++c)
                for (std::int64_t i = 0; i < here; ++i)
                    rows[static_cast<std::size_t>(i * panel + c)] = from[c * b_column + i];
            solve_rows(lower, unit, here, triangle.data(), rows.data(), panel, width);
            for (std::int64_t c = 0; c < width; ++c)
                for (std::int64_t i = 0; i < here; ++i)
                    from[c * b_column + i] = rows[static_cast<std::size_t>(i * panel + c)];
        }
    }
}

template struct TriangularProblem<float>;
template struct TriangularProblem<double>;

}  // namespace cotangent::detail
