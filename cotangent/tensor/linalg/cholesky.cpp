#include "cotangent/tensor/linalg/cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/lapack.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/triangular_solve.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record, detail::traced, detail::transposed;

/// The lower triangle with half the diagonal.
Tensor half(const Tensor& x) { return 0.5 * (tril(x) + tril(x, -1)); }

/// dL = L half(L^-1 dA L^-T), and back: dA = symmetric part of L^-T half(L^T dL) L^-1.
struct Cholesky {
    static constexpr const char* name = "cholesky";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const {
        const Tensor l = call.output();
        const Tensor left =
            triangular_solve(l, half(matmul(l, call.cotangent(), {.transpose_a = true})), {.transpose = true});
        call.give(0, detail::symmetric_part(triangular_solve(l, transposed(left), {.transpose = true})));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        const Tensor l = call.output();
        const Tensor left = triangular_solve(l, detail::symmetric_part(call.tangent(0)));
        return matmul(l, half(triangular_solve(l, transposed(left))));
    }
};

/// The symmetric l becomes its factor by plain elimination: LAPACK's recursion costs more than it saves on a small matrix.
/// Works in the upper triangle, whose rows are contiguous. Returns 0, or the order of the leading minor that is not
/// positive.
template <class T>
int eliminate(std::int64_t n, T* l) {
    for (std::int64_t k = 0; k < n; ++k) {
        T* row = l + k * n;
        if (!(row[k] > T(0))) return static_cast<int>(k + 1);
        row[k] = std::sqrt(row[k]);
        for (std::int64_t j = k + 1; j < n; ++j) row[j] /= row[k];
        for (std::int64_t i = k + 1; i < n; ++i) {
            T* __restrict to = l + i * n;
            const T factor = row[i];
            const T* __restrict from = row;
            for (std::int64_t j = i; j < n; ++j) to[j] -= factor * from[j];
        }
    }
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < i; ++j) l[i * n + j] = std::exchange(l[j * n + i], T(0));
    return 0;
}

// LAPACK's upper triangle by columns is the lower one by rows.
template <class T>
int factor(std::int64_t n, const T* a, T* l) {
    detail::symmetrize(n, a, l);
    if (n <= 32) return eliminate(n, l);
    const int size = static_cast<int>(n), ld = std::max(1, size);
    int info = 0;
    detail::Lapack<T>::potrf("U", &size, l, &ld, &info, 1);
    for (std::int64_t i = 0; i < n; ++i) std::fill(l + i * n + i + 1, l + (i + 1) * n, T(0));
    return info;
}

Tensor factor_all(const Tensor& a) {
    const std::int64_t n = a.length(-1);
    const Shape batch = detail::batch_of(a);
    Tensor l = Tensor::uninitialized(a.shape(), a.dtype());
    Tensor info = Tensor::uninitialized({batch.size()}, Dtype::int32);  // which asks the system for nothing in a steady loop
    dispatch_float(a.dtype(), [&]<class T>(T) {
        detail::for_each_matrix(batch.size(), static_cast<double>(n * n * n) / 3, [&](std::int64_t i) {
            info.fresh_data<std::int32_t>()[i] = factor(n, a.data<T>() + i * n * n, l.fresh_data<T>() + i * n * n);
        });
    });
    for (std::int64_t i = 0; i < batch.size(); ++i)
        if (const int minor = info.data<std::int32_t>()[i])
            throw ValueError(
                fmt::format("cholesky: {} is not positive definite: its leading minor of order {} is not positive",
                            detail::matrix_name("a", batch, i), minor));
    return l;
}

}  // namespace

Tensor cholesky(const Tensor& a) {
    detail::check_square("cholesky", "a", a);
    return record(Cholesky{},
                  traced(
                      {"cholesky", detail::cubic_flops(1.0 / 3, a)}, [](const Tensor& in) { return factor_all(in); }, a),
                  a);
}

}  // namespace cotangent
