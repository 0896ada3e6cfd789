#include "cotangent/tensor/linalg/svd.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/svd_kernel.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/rounding.hpp"
#include "cotangent/tensor/ops/where.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record_outputs, detail::transposed;

constexpr MatmulOptions left_transposed{.transpose_a = true}, right_transposed{.transpose_b = true};

/// What the rules divide by, with what counts as zero left out. Gaps are those of s / size, whose squares neither overflow
/// nor vanish.
struct Inverses {
    Tensor size;         // the largest of s, or 1 where that is 0; a constant; [..., 1, 1]
    Tensor row, column;  // s / size, [..., 1, K] and [..., K, 1]
    Tensor gaps;         // 1 / (row^2 - column^2), [..., K, K]
    Tensor values;       // 1 / s, [..., 1, K]
    Inverses(const Tensor& s, std::int64_t longest) {
        const Tensor largest = expand_dims(max(s.detached(), {.axes = {-1}, .keep_axes = true}), -1);
        size = where(equal(largest, 0.0), 1.0, largest);
        row = expand_dims(s, -2) / size;
        column = expand_dims(s, -1) / size;
        const Tensor difference = row - column;
        const double bound = static_cast<double>(longest) * detail::epsilon_of(s.dtype());
        const Tensor equal = abs(difference.detached()) <= bound, zero = row.detached() <= bound;
        gaps = where(equal, 0.0, 1.0 / where(equal, 1.0, difference * (row + column)));
        values = where(zero, 0.0, 1.0 / where(zero, 1.0, expand_dims(s, -2)));
    }
};

/// x less its part in the span of u's columns.
Tensor outside(const Tensor& u, const Tensor& x) { return x - matmul(u, matmul(u, x, left_transposed)); }

/// With P = U^T dA V, E the inverse gaps, S = diag s:
///     ds = diag P,  dU = U (E o (P S + S P^T)) + (1 - U U^T) dA V S^-1,  dV = V (E o (S P + P^T S)) + (1 - V V^T) dA^T U
///     S^-1
/// and back, with skew X = E o (X - X^T):
///     dA = U (skew(U^T dU) S + S skew(V^T dV) + diag ds) V^T + (1 - U U^T) dU S^-1 V^T + U S^-1 dV^T (1 - V V^T)
struct SvdOp {
    static constexpr const char* name = "svd";
    static constexpr Keep keep = Keep::output;
    std::int64_t rows, columns;

    void vjp(const Call& call) const {
        const Tensor s = call.output(0), u = call.output(1), vt = call.output(2);
        if (s.is_empty()) return;
        const Tensor &ds = call.cotangent(0), &du = call.cotangent(1), &dvt = call.cotangent(2);
        const Inverses inverse(s, std::max(rows, columns));
        const auto skew = [&](const Tensor& x) { return inverse.gaps * ((x - transposed(x)) / inverse.size); };
        Tensor inner = diag_embed(ds);
        if (du.has_storage()) inner = inner + skew(matmul(u, du, left_transposed)) * inverse.row;
        if (dvt.has_storage()) inner = inner + inverse.column * skew(matmul(vt, dvt, right_transposed));
        Tensor left = matmul(u, inner);
        if (rows > columns && du.has_storage()) left = left + outside(u, du) * inverse.values;
        Tensor da = matmul(left, vt);
        if (columns > rows && dvt.has_storage())
            da = da + matmul(u * inverse.values, transposed(outside(transposed(vt), transposed(dvt))));
        call.give(0, da);
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const {
        const Tensor s = call.output(0), u = call.output(1), vt = call.output(2), da = call.tangent(0);
        if (s.is_empty()) return {s, u, vt};
        const Inverses inverse(s, std::max(rows, columns));
        const Tensor dav = matmul(da, vt, right_transposed), p = matmul(u, dav, left_transposed);
        const Tensor q = p / inverse.size, qt = transposed(q);
        const Tensor &row = inverse.row, &column = inverse.column;
        Tensor du = matmul(u, inverse.gaps * (q * row + column * qt));
        if (rows > columns) du = du + outside(u, dav) * inverse.values;
        const Tensor v = transposed(vt);
        Tensor dv = matmul(v, inverse.gaps * (column * q + qt * row));
        if (columns > rows) dv = dv + outside(v, matmul(da, u, left_transposed)) * inverse.values;
        return {diagonal(p), du, transposed(dv)};
    }
};

std::array<Tensor, 3> svd_now(const Tensor& a) {
    const std::int64_t m = a.length(-2), n = a.length(-1), k = std::min(m, n);
    const Shape batch = detail::batch_of(a);
    Shape value_shape = batch;
    value_shape.push_back(k);
    std::array<Tensor, 3> out{Tensor::uninitialized(value_shape, a.dtype()),
                              Tensor::uninitialized(detail::with_matrix(batch, m, k), a.dtype()),
                              Tensor::uninitialized(detail::with_matrix(batch, k, n), a.dtype())};
    std::vector<int> failed(static_cast<std::size_t>(k == 0 ? 0 : batch.size()));
    dispatch_float(a.dtype(), [&]<class T>(T) {
        const detail::SvdKernel<T> kernel(m, n);
        const double flops = 10 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
        detail::for_each_matrix(static_cast<std::int64_t>(failed.size()), flops, [&](std::int64_t i) {
            failed[static_cast<std::size_t>(i)] =
                !kernel.run(a.data<T>() + i * m * n, out[0].fresh_data<T>() + i * k, out[1].fresh_data<T>() + i * m * k,
                            out[2].fresh_data<T>() + i * k * n);
        });
    });
    for (std::size_t i = 0; i < failed.size(); ++i)
        if (failed[i])
            throw ValueError(fmt::format("svd: {} has no singular values that can be found, expected finite elements",
                                         detail::matrix_name("a", batch, static_cast<std::int64_t>(i))));
    return out;
}

}  // namespace

SVD svd(const Tensor& a) {
    detail::check_matrices("svd", "a", a);
    const auto [n, m] = std::minmax({static_cast<double>(a.length(-2)), static_cast<double>(a.length(-1))});
    const double flops = static_cast<double>(a.size()) * (14 * n + 8 * n * n / std::max(m, 1.0));
    auto out = detail::traced_outputs<3>(
        {"svd", flops}, [](const Tensor& in) { return svd_now(in); }, a);
    record_outputs(SvdOp{a.length(-2), a.length(-1)}, out, {&a, 1});
    return {out[1], out[0], out[2]};
}

}  // namespace cotangent
