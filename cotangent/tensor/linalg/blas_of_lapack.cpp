// The BLAS under our LAPACK where it costs the time: products on the house's loops, which are some seven times as fast as
// the reference's on large matrices. BLAS stores by columns, so what it calls an m x n matrix is here n rows of m elements:
// C = op(A) op(B) becomes C^T = op(B)^T op(A)^T.
//
// Everything runs on the calling thread and adds in an order that the shapes give, so LAPACK's results are the same bits for
// any number of threads.
#include <algorithm>
#include <cstring>
#include <vector>

#include "cotangent/tensor/kernels/packed_gemm.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/linalg/triangular_kernel.hpp"

namespace cotangent::detail {
namespace {

using Index = std::int64_t;

bool is(const char* option, char letter) { return (*option | 0x20) == (letter | 0x20); }

template <class T>
void scale(Index count, T factor, T* x, Index step = 1) {
    if (factor == T(1)) return;
    for (Index i = 0; i < count; ++i) x[i * step] = factor == T(0) ? T(0) : factor * x[i * step];
}

/// A matrix by columns, perhaps transposed: element (i, j) at i * row + j * column.
template <class T>
struct Operand {
    const T* data;
    Index row, column;
    Operand(const T* from, Index ld, bool transposed) : data(from), row(transposed ? ld : 1), column(transposed ? 1 : ld) {}
    [[nodiscard]] Operand at(Index i, Index j) const {
        Operand part = *this;
        part.data += i * row + j * column;
        return part;
    }
};

/// C [m, n] by columns: C = alpha a b + (adds ? C : 0).
template <class T>
void multiply(Index m, Index n, Index k, T alpha, const Operand<T>& a, const Operand<T>& b, bool adds, T* c, Index ldc) {
    PackedGemm<T>{n, m, k, b.data, b.column, b.row, a.data, a.column, a.row, c, ldc, adds, alpha}.run();
}

template <class T>
void gemm(const char* ta, const char* tb, const int* m, const int* n, const int* k, const T* alpha, const T* a,
          const int* lda, const T* b, const int* ldb, const T* beta, T* c, const int* ldc) {
    if (*beta != T(0))
        for (Index j = 0; j < *n; ++j) scale<T>(*m, *beta, c + j * *ldc);
    if (*alpha == T(0) || *k == 0) {
        if (*beta == T(0))
            for (Index j = 0; j < *n; ++j) std::fill_n(c + j * *ldc, *m, T(0));
        return;
    }
    if (*m > 0 && *n > 0)
        multiply<T>(*m, *n, *k, *alpha, {a, *lda, !is(ta, 'n')}, {b, *ldb, !is(tb, 'n')}, *beta != T(0), c, *ldc);
}

template <class T>
void gemv(const char* trans, const int* m, const int* n, const T* alpha, const T* a, const int* lda, const T* x,
          const int* incx, const T* beta, T* y, const int* incy) {
    using L = Lanes<T>;
    const bool transposed = !is(trans, 'n');
    const Index rows = *m, columns = *n, inputs = transposed ? rows : columns, outputs = transposed ? columns : rows;
    if (outputs == 0) return;
    T* const to = *incy < 0 ? y - (outputs - 1) * *incy : y;
    scale<T>(outputs, *beta, to, *incy);
    if (inputs == 0 || *alpha == T(0)) return;
    thread_local std::vector<T> from, sums;
    from.resize(static_cast<std::size_t>(inputs));
    const T* const first = *incx < 0 ? x - (inputs - 1) * *incx : x;
    for (Index i = 0; i < inputs; ++i) from[static_cast<std::size_t>(i)] = *alpha * first[i * *incx];
    const T* const v = from.data();
    const Index whole = rows / L::count * L::count, rest = rows - whole;
    constexpr Index wide = 4;
    if (transposed) {
        for (Index j = 0; j < columns; j += wide) {
            const Index here = std::min(wide, columns - j);
            L total[wide] = {L(0), L(0), L(0), L(0)};
            const auto step = [&](Index i, const L& value, Index count) {
                for (Index c = 0; c < here; ++c) {
                    const T* column = a + (j + c) * *lda + i;
                    total[c] += value * (count == L::count ? L::load(column) : L::load_part(column, count));
                }
            };
            for (Index i = 0; i < whole; i += L::count) step(i, L::load(v + i), L::count);
            if (rest > 0) step(whole, L::load_part(v + whole, rest), rest);
            for (Index c = 0; c < here; ++c) to[(j + c) * *incy] += sum_of(total[c]);
        }
        return;
    }
    sums.resize(static_cast<std::size_t>(rows));
    T* const sum = *incy == 1 ? to : sums.data();
    if (*incy != 1) std::fill_n(sum, rows, T(0));
    for (Index j = 0; j < columns; j += wide) {
        const Index here = std::min(wide, columns - j);
        const auto step = [&](Index i, Index count) {
            L value = count == L::count ? L::load(sum + i) : L::load_part(sum + i, count);
            for (Index c = 0; c < here; ++c) {
                const T* column = a + (j + c) * *lda + i;
                value += L(v[j + c]) * (count == L::count ? L::load(column) : L::load_part(column, count));
            }
            if (count == L::count) value.store(sum + i);
            else value.store_part(sum + i, count);
        };
        for (Index i = 0; i < whole; i += L::count) step(i, L::count);
        if (rest > 0) step(whole, rest);
    }
    if (*incy != 1)
        for (Index i = 0; i < rows; ++i) to[i * *incy] += sum[i];
}

template <class T>
void ger(const int* m, const int* n, const T* alpha, const T* x, const int* incx, const T* y, const int* incy, T* a,
         const int* lda) {
    const Index rows = *m, columns = *n;
    if (rows == 0 || columns == 0 || *alpha == T(0)) return;
    thread_local std::vector<T> from;
    from.resize(static_cast<std::size_t>(rows));
    const T* const first = *incx < 0 ? x - (rows - 1) * *incx : x;
    for (Index i = 0; i < rows; ++i) from[static_cast<std::size_t>(i)] = *alpha * first[i * *incx];
    const T* const __restrict v = from.data();
    const T* const across = *incy < 0 ? y - (columns - 1) * *incy : y;
    for (Index j = 0; j < columns; ++j) {
        const T factor = across[j * *incy];
        T* __restrict column = a + j * *lda;
        if (factor != T(0))
            for (Index i = 0; i < rows; ++i) column[i] += factor * v[i];
    }
}

/// y = alpha A x + beta y, A symmetric, one triangle read, each element once.
template <class T>
void symv(const char* uplo, const int* n, const T* alpha, const T* a, const int* lda, const T* x, const int* incx,
          const T* beta, T* y, const int* incy) {
    using L = Lanes<T>;
    const Index size = *n;
    if (size == 0) return;
    const bool lower = is(uplo, 'l');
    thread_local std::vector<T> from, sums;
    from.resize(static_cast<std::size_t>(size));
    sums.assign(static_cast<std::size_t>(size), T(0));
    const T* const first = *incx < 0 ? x - (size - 1) * *incx : x;
    for (Index i = 0; i < size; ++i) from[static_cast<std::size_t>(i)] = *alpha * first[i * *incx];
    const T* const v = from.data();
    T* const sum = sums.data();
    for (Index j = 0; j < size; ++j) {
        const T* column = a + j * *lda;
        const Index low = lower ? j + 1 : 0, high = lower ? size : j;
        const L factor(v[j]);
        L total(0);
        Index i = low;
        for (; i + L::count <= high; i += L::count) {
            const L value = L::load(column + i);
            (L::load(sum + i) + factor * value).store(sum + i);
            total += value * L::load(v + i);
        }
        if (i < high) {
            const L value = L::load_part(column + i, high - i);
            (L::load_part(sum + i, high - i) + factor * value).store_part(sum + i, high - i);
            total += value * L::load_part(v + i, high - i);
        }
        sum[j] += column[j] * v[j] + sum_of(total);
    }
    T* const to = *incy < 0 ? y - (size - 1) * *incy : y;
    scale<T>(size, *beta, to, *incy);
    for (Index i = 0; i < size; ++i) to[i * *incy] += sum[i];
}

/// C += alpha (a1 b1 + a2 b2 ...) on one triangle: columns in panels, the square on the diagonal by way of a copy.
template <class T, class Products>
void update_triangle(bool lower, Index n, T beta, T* c, Index ldc, const Products& products) {
    constexpr Index panel = 64;
    thread_local std::vector<T> square;
    square.resize(panel * panel);
    for (Index j = 0; j < n; j += panel) {
        const Index here = std::min(panel, n - j), first = lower ? j + here : 0, last = lower ? n : j;
        for (Index k = 0; k < here; ++k) {
            T* column = c + (j + k) * ldc;
            lower ? scale<T>(n - j - k, beta, column + j + k) : scale<T>(j + k + 1, beta, column);
        }
        if (last > first) products(first, last - first, j, here, true, c + j * ldc + first, ldc);
        products(j, here, j, here, false, square.data(), panel);
        for (Index k = 0; k < here; ++k)
            for (Index i = lower ? k : 0; i < (lower ? here : k + 1); ++i)
                c[(j + k) * ldc + j + i] += square[static_cast<std::size_t>(k * panel + i)];
    }
}

template <class T>
void syrk(const char* uplo, const char* trans, const int* n, const int* k, const T* alpha, const T* a, const int* lda,
          const T* beta, T* c, const int* ldc) {
    const bool transposed = !is(trans, 'n');
    const Operand<T> left(a, *lda, transposed), right(a, *lda, !transposed);
    const Index inner = *alpha == T(0) ? 0 : *k;
    update_triangle<T>(is(uplo, 'l'), *n, *beta, c, *ldc,
                       [&](Index i, Index rows, Index j, Index columns, bool adds, T* to, Index ld) {
                           multiply<T>(rows, columns, inner, *alpha, left.at(i, 0), right.at(0, j), adds, to, ld);
                       });
}

template <class T>
void syr2k(const char* uplo, const char* trans, const int* n, const int* k, const T* alpha, const T* a, const int* lda,
           const T* b, const int* ldb, const T* beta, T* c, const int* ldc) {
    const bool transposed = !is(trans, 'n');
    const Operand<T> left_a(a, *lda, transposed), right_a(a, *lda, !transposed), left_b(b, *ldb, transposed),
        right_b(b, *ldb, !transposed);
    const Index inner = *alpha == T(0) ? 0 : *k;
    update_triangle<T>(is(uplo, 'l'), *n, *beta, c, *ldc,
                       [&](Index i, Index rows, Index j, Index columns, bool adds, T* to, Index ld) {
                           multiply<T>(rows, columns, inner, *alpha, left_a.at(i, 0), right_b.at(0, j), adds, to, ld);
                           multiply<T>(rows, columns, inner, *alpha, left_b.at(i, 0), right_a.at(0, j), true, to, ld);
                       });
}

/// B = alpha op(A) B or alpha B op(A): the triangle is filled up with zeros, for the products are faster than they are many.
template <class T>
void trmm(const char* side, const char* uplo, const char* trans, const char* diag, const int* m, const int* n,
          const T* alpha, const T* a, const int* lda, T* b, const int* ldb) {
    const Index rows = *m, columns = *n;
    if (rows == 0 || columns == 0) return;
    const bool left = is(side, 'l'), lower = is(uplo, 'l'), unit = is(diag, 'u'), transposed = !is(trans, 'n');
    const Index size = left ? rows : columns;
    thread_local std::vector<T> square, copy;
    square.assign(static_cast<std::size_t>(size * size), T(0));
    for (Index j = 0; j < size; ++j)
        for (Index i = lower ? j : 0; i < (lower ? size : j + 1); ++i)
            square[static_cast<std::size_t>(j * size + i)] = unit && i == j ? T(1) : a[j * *lda + i];
    copy.resize(static_cast<std::size_t>(rows * columns));
    for (Index j = 0; j < columns; ++j) std::copy_n(b + j * *ldb, rows, copy.data() + j * rows);
    const Operand<T> triangle(square.data(), size, transposed), from(copy.data(), rows, false);
    multiply<T>(rows, columns, size, *alpha, left ? triangle : from, left ? from : triangle, false, b, *ldb);
}

template <class T>
void trsm(const char* side, const char* uplo, const char* trans, const char* diag, const int* m, const int* n,
          const T* alpha, const T* a, const int* lda, T* b, const int* ldb) {
    const Index rows = *m, columns = *n;
    if (rows == 0 || columns == 0) return;
    for (Index j = 0; j < columns; ++j) scale<T>(rows, *alpha, b + j * *ldb);
    const bool left = is(side, 'l'), transposed = !is(trans, 'n') == left;  // X op(A) = B is op(A)^T X^T = B^T
    const Operand<T> triangle(a, *lda, transposed);
    const bool lower = is(uplo, 'l') != transposed;
    if (left)
        TriangularProblem<T>{lower, is(diag, 'u'), rows, columns, triangle.data, triangle.row, triangle.column, b, 1, *ldb}
            .run();
    else
        TriangularProblem<T>{lower, is(diag, 'u'), columns, rows, triangle.data, triangle.row, triangle.column, b, *ldb, 1}
            .run();
}

}  // namespace
}  // namespace cotangent::detail

// Fortran passes everything by address, and the lengths of strings behind all else.
using std::size_t;
#define COTANGENT_BLAS(T, prefix)                                                                                          \
    void cotangent_##prefix##gemm_(const char* ta, const char* tb, const int* m, const int* n, const int* k,               \
                                   const T* alpha, const T* a, const int* lda, const T* b, const int* ldb, const T* beta,  \
                                   T* c, const int* ldc, size_t, size_t) {                                                 \
        cotangent::detail::gemm<T>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                  \
    }                                                                                                                      \
    void cotangent_##prefix##gemv_(const char* trans, const int* m, const int* n, const T* alpha, const T* a,              \
                                   const int* lda, const T* x, const int* incx, const T* beta, T* y, const int* incy,      \
                                   size_t) {                                                                               \
        cotangent::detail::gemv<T>(trans, m, n, alpha, a, lda, x, incx, beta, y, incy);                                    \
    }                                                                                                                      \
    void cotangent_##prefix##ger_(const int* m, const int* n, const T* alpha, const T* x, const int* incx, const T* y,     \
                                  const int* incy, T* a, const int* lda) {                                                 \
        cotangent::detail::ger<T>(m, n, alpha, x, incx, y, incy, a, lda);                                                  \
    }                                                                                                                      \
    void cotangent_##prefix##symv_(const char* uplo, const int* n, const T* alpha, const T* a, const int* lda, const T* x, \
                                   const int* incx, const T* beta, T* y, const int* incy, size_t) {                        \
        cotangent::detail::symv<T>(uplo, n, alpha, a, lda, x, incx, beta, y, incy);                                        \
    }                                                                                                                      \
    void cotangent_##prefix##syrk_(const char* uplo, const char* trans, const int* n, const int* k, const T* alpha,        \
                                   const T* a, const int* lda, const T* beta, T* c, const int* ldc, size_t, size_t) {      \
        cotangent::detail::syrk<T>(uplo, trans, n, k, alpha, a, lda, beta, c, ldc);                                        \
    }                                                                                                                      \
    void cotangent_##prefix##syr2k_(const char* uplo, const char* trans, const int* n, const int* k, const T* alpha,       \
                                    const T* a, const int* lda, const T* b, const int* ldb, const T* beta, T* c,           \
                                    const int* ldc, size_t, size_t) {                                                      \
        cotangent::detail::syr2k<T>(uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                               \
    }                                                                                                                      \
    void cotangent_##prefix##trmm_(const char* side, const char* uplo, const char* trans, const char* diag, const int* m,  \
                                   const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb, size_t, \
                                   size_t, size_t, size_t) {                                                               \
        cotangent::detail::trmm<T>(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb);                                  \
    }                                                                                                                      \
    void cotangent_##prefix##trsm_(const char* side, const char* uplo, const char* trans, const char* diag, const int* m,  \
                                   const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb, size_t, \
                                   size_t, size_t, size_t) {                                                               \
        cotangent::detail::trsm<T>(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb);                                  \
    }

extern "C" {

COTANGENT_BLAS(float, s)
COTANGENT_BLAS(double, d)

/// LAPACK's complaint about an argument: the routine says so in `info` as well, and the ops check their arguments before.
void cotangent_xerbla_(const char*, const int*, size_t) {}

// What LAPACK wants of Fortran's run time: strings, padded with blanks, joined and measured.
void cotangent_concat_string(size_t to_length, char* to, size_t a_length, const char* a, size_t b_length, const char* b) {
    std::memset(to, ' ', to_length);
    a_length = std::min(a_length, to_length);
    std::memcpy(to, a, a_length);
    std::memcpy(to + a_length, b, std::min(b_length, to_length - a_length));
}
size_t cotangent_len_trim(size_t length, const char* text) {
    while (length > 0 && text[length - 1] == ' ') --length;
    return length;
}

}  // extern "C"
