#include "cotangent/tensor/linalg/solve.hpp"

#include <array>
#include <cmath>
#include <cstring>

#include "cotangent/tensor/linalg/cofactors.hpp"
#include "cotangent/tensor/linalg/lu.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// The factors of a stack of matrices. Ops take them as inputs beside the matrix: values that rules use again and nobody
/// differentiates.
struct Factors {
    Tensor lu;      // [..., N, N]
    Tensor pivots;  // [..., N] int32
};

/// @param regular  the op that needs matrices without a zero pivot; null where one will do
/// @throws ValueError  a matrix is singular, and may not be
std::array<Tensor, 2> factor_now(const Tensor& a, const char* regular) {
    const std::int64_t n = a.length(-1);
    const Shape batch = detail::batch_of(a);
    Shape pivot_shape = batch;
    pivot_shape.push_back(n);
    std::array<Tensor, 2> out{Tensor::uninitialized(a.shape(), a.dtype()), Tensor::uninitialized(pivot_shape, Dtype::int32)};
    std::vector<int> zero_pivot(static_cast<std::size_t>(batch.size()));
    dispatch_float(a.dtype(), [&]<class T>(T) {
        detail::for_each_matrix(batch.size(), static_cast<double>(n * n * n) * (2.0 / 3), [&](std::int64_t i) {
            T* lu = out[0].fresh_data<T>() + i * n * n;
            std::memcpy(lu, a.data<T>() + i * n * n, static_cast<std::size_t>(n * n) * sizeof(T));
            zero_pivot[static_cast<std::size_t>(i)] = detail::lu_factor(n, lu, out[1].fresh_data<std::int32_t>() + i * n);
        });
    });
    for (std::size_t i = 0; regular && i < zero_pivot.size(); ++i)
        if (zero_pivot[i])
            throw ValueError(fmt::format("{}: {} is singular: pivot {} is zero", regular,
                                         detail::matrix_name("a", batch, static_cast<std::int64_t>(i)), zero_pivot[i] - 1));
    return out;
}

Factors factor(const Tensor& a, const char* regular = nullptr) {
    const auto compute = [regular](const Tensor& in) { return factor_now(in, regular); };
    auto [lu, pivots] = detail::traced_outputs<2>({"lu", detail::cubic_flops(2.0 / 3, a)}, compute, a.detached());
    return {std::move(lu), std::move(pivots)};
}

Tensor solve_factored(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& pivots, bool transpose);

/// A' x = b with A' = A or its transpose: A' dx = db - dA' x. With G the cotangent of x: db = A'^-T G, dA' = -db x^T.
struct Solve {
    static constexpr const char* name = "solve";
    static constexpr Keep keep = Keep::both;
    bool transpose;
    void vjp(const Call& call) const {
        const Tensor x = call.output();
        const Tensor db = solve_factored(call.input(0), call.cotangent(), call.input(2), call.input(3), !transpose);
        if (call.wants(0))
            call.give(0, -(transpose ? matmul(x, db, {.transpose_b = true}) : matmul(db, x, {.transpose_b = true})));
        call.give(1, db);
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        Tensor right = call.tangent(1);
        if (call.has_tangent(0)) right = right - matmul(call.tangent(0), call.output(), {.transpose_a = transpose});
        return solve_factored(call.input(0), right, call.input(2), call.input(3), transpose);
    }
};

Tensor solve_now(const Tensor& b, const Tensor& lu, const Tensor& pivots, bool transpose) {
    const Shape of_lu = detail::batch_of(lu), batch = broadcast("solve", of_lu, detail::batch_of(b));
    const std::int64_t n = lu.length(-1), columns = b.length(-1);
    const auto place_a = detail::places_in(batch, of_lu), place_b = detail::places_in(batch, detail::batch_of(b));
    Tensor x = Tensor::uninitialized(detail::with_matrix(batch, n, columns), b.dtype());
    dispatch_float(b.dtype(), [&]<class T>(T) {
        const double flops = 2 * static_cast<double>(n * n) * static_cast<double>(columns);
        detail::for_each_matrix(batch.size(), flops, [&](std::int64_t i) {
            T* to = x.fresh_data<T>() + i * n * columns;
            const std::int64_t at = place_a[static_cast<std::size_t>(i)];
            std::memcpy(to, b.data<T>() + place_b[static_cast<std::size_t>(i)] * n * columns,
                        static_cast<std::size_t>(n * columns) * sizeof(T));
            detail::lu_solve(n, columns, lu.data<T>() + at * n * n, pivots.data<std::int32_t>() + at * n, transpose, to);
        });
    });
    return x;
}

Tensor solve_factored(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& pivots, bool transpose) {
    const auto compute = [transpose](const Tensor& right, const Tensor& factors, const Tensor& order) {
        return solve_now(right, factors, order, transpose);
    };
    return record(Solve{transpose}, detail::traced({"solve", detail::solve_flops(2, lu, b)}, compute, b, lu, pivots), a, b,
                  lu, pivots);
}

Tensor inverse_transposed(const Call& call) {
    const Tensor& lu = call.input(1);
    return solve_factored(call.input(0), eye(lu.length(-1), lu.dtype()), lu, call.input(2), true);
}

Tensor as_matrices(const Tensor& x) { return expand_dims(expand_dims(x, -1), -1); }

/// d det A = sum(cof A o dA)
struct Det {
    static constexpr const char* name = "det";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, as_matrices(call.cotangent()) * cofactors_of(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return sum(cofactors_of(call) * call.tangent(0), {.axes = {-2, -1}}); }

private:
    static Tensor cofactors_of(const Call& call) { return detail::cofactors(call.input(0), call.input(1), call.input(2)); }
};

/// d log |det A| = tr(A^-1 dA)
struct LogAbsDet {
    static constexpr const char* name = "slogdet";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, as_matrices(call.cotangent()) * inverse_transposed(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return sum(inverse_transposed(call) * call.tangent(0), {.axes = {-2, -1}});
    }
};

Tensor det_now(const Tensor& lu, const Tensor& pivots) {
    const std::int64_t n = lu.length(-1);
    Tensor result = Tensor::uninitialized(detail::batch_of(lu), lu.dtype());
    dispatch_float(lu.dtype(), [&]<class T>(T) {
        for (std::int64_t i = 0; i < result.size(); ++i)
            result.fresh_data<T>()[i] =
                detail::lu_determinant(n, lu.data<T>() + i * n * n, pivots.data<std::int32_t>() + i * n);
    });
    return result;
}

/// sign, log |det|
std::array<Tensor, 2> slogdet_now(const Tensor& lu, const Tensor& pivots) {
    const std::int64_t n = lu.length(-1);
    std::array<Tensor, 2> out{Tensor::uninitialized(detail::batch_of(lu), lu.dtype()),
                              Tensor::uninitialized(detail::batch_of(lu), lu.dtype())};
    dispatch_float(lu.dtype(), [&]<class T>(T) {
        for (std::int64_t i = 0; i < out[0].size(); ++i) {
            T product = detail::is_odd(n, pivots.data<std::int32_t>() + i * n) ? T(-1) : T(1);
            double sum = 0;
            for (std::int64_t k = 0; k < n; ++k) {
                const T pivot = lu.data<T>()[i * n * n + k * (n + 1)];
                product *= pivot > T(0) ? T(1) : pivot < T(0) ? T(-1) : pivot;  // a NaN stays one
                sum += std::log(std::abs(static_cast<double>(pivot)));
            }
            out[0].fresh_data<T>()[i] = product;
            out[1].fresh_data<T>()[i] = static_cast<T>(sum);
        }
    });
    return out;
}

}  // namespace

Tensor solve(const Tensor& a, const Tensor& b) {
    detail::check_solve("solve", a, b);
    const Factors f = factor(a, "solve");
    const Tensor x = solve_factored(a, detail::as_columns(b), f.lu, f.pivots, false);
    return b.rank() == 1 ? squeeze(x, -1) : x;
}

Tensor inverse(const Tensor& a) {
    detail::check_square("inverse", "a", a);
    const Factors f = factor(a, "inverse");
    return solve_factored(a, eye(a.length(-1), a.dtype()), f.lu, f.pivots, false);
}

Tensor det(const Tensor& a) {
    detail::check_square("det", "a", a);
    const Factors f = factor(a);
    const auto compute = [](const Tensor& lu, const Tensor& pivots) { return det_now(lu, pivots); };
    return record(Det{}, detail::traced("det", compute, f.lu, f.pivots), a, f.lu, f.pivots);
}

SignLogDet slogdet(const Tensor& a) {
    detail::check_square("slogdet", "a", a);
    const Factors f = factor(a);
    const auto compute = [](const Tensor& lu, const Tensor& pivots) { return slogdet_now(lu, pivots); };
    auto [sign, logabsdet] = detail::traced_outputs<2>("slogdet", compute, f.lu, f.pivots);
    return {std::move(sign), record(LogAbsDet{}, std::move(logabsdet), a, f.lu, f.pivots)};
}

}  // namespace cotangent
