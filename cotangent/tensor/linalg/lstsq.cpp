#include "cotangent/tensor/linalg/lstsq.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/svd.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/where.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record, detail::transposed;

constexpr MatmulOptions left_transposed{.transpose_a = true}, right_transposed{.transpose_b = true};

/// a^+ = v diag(inverse) u^T: inputs of the op beside a, values that rules use again and nobody differentiates.
struct Factors {
    Tensor u, inverse, vt;  // inverse [..., K, 1]
};

Tensor apply(const Tensor& a, const Tensor& b, const Factors& f, bool transpose);

/// x = A^+ b, or with A^T in the place of A. With r = b - A x and y = A^+T x (Golub, Pereyra):
///     dx = A^+ (db - dA x) + A^+ A^+T dA^T r + (1 - A^+ A) dA^T y
/// Back, with h = A^+T G: db = h, dA = -h x^T + r (A^+ h)^T + y (G - A^+ A G)^T.
struct Lstsq {
    static constexpr const char* name = "lstsq";
    static constexpr Keep keep = Keep::both;
    bool transpose;

    static Factors factors(const Call& call) { return {call.input(2), call.input(3), call.input(4)}; }
    void vjp(const Call& call) const {
        const Tensor &a = call.input(0), &b = call.input(1), &g = call.cotangent();
        const Factors f = factors(call);
        const Tensor x = call.output(), h = apply(a, g, f, !transpose);
        call.give(1, h);
        if (!call.wants(0)) return;
        const MatmulOptions by_a{.transpose_a = transpose};
        const Tensor residual = b - matmul(a, x, by_a), y = apply(a, x, f, !transpose);
        const Tensor outside = g - apply(a, matmul(a, g, by_a), f, transpose);
        const auto product = [&](const Tensor& left, const Tensor& right) {  // left right^T as a lies
            return transpose ? matmul(right, left, right_transposed) : matmul(left, right, right_transposed);
        };
        call.give(0, product(residual, apply(a, h, f, transpose)) + product(y, outside) - product(h, x));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        const Tensor &a = call.input(0), &b = call.input(1);
        const Factors f = factors(call);
        const Tensor db = call.tangent(1);
        if (!call.has_tangent(0)) return apply(a, db, f, transpose);
        const MatmulOptions by_a{.transpose_a = transpose}, back{.transpose_a = !transpose};
        const Tensor x = call.output(), da = call.tangent(0), y = apply(a, x, f, !transpose);
        const Tensor residual = b - matmul(a, x, by_a), z = matmul(da, y, back);
        const Tensor inside =
            db - matmul(da, x, by_a) + apply(a, matmul(da, residual, back), f, !transpose) - matmul(a, z, by_a);
        return apply(a, inside, f, transpose) + z;
    }
};

Tensor apply(const Tensor& a, const Tensor& b, const Factors& f, bool transpose) {
    Tensor x;
    {
        const detail::PauseRecording pause;
        x = transpose ? matmul(f.u, f.inverse * matmul(f.vt, b))
                      : matmul(f.vt, f.inverse * matmul(f.u, b, left_transposed), left_transposed);
    }
    return record(Lstsq{transpose}, std::move(x), a, b, f.u, f.inverse, f.vt);
}

}  // namespace

Tensor lstsq(const Tensor& a, const Tensor& b, const LstsqOptions& options) {
    detail::check_matrices("lstsq", "a", a);
    detail::check_same_dtype("lstsq", a.dtype(), b.dtype());
    const std::int64_t m = a.length(-2), n = a.length(-1);
    if (b.rank() == 0 || b.length(b.rank() == 1 ? -1 : -2) != m)
        throw ShapeError(fmt::format("lstsq: b has shape {}, expected [{}] or [..., {}, K] for a {}", to_string(b.shape()),
                                     m, m, to_string(a.shape())));
    Factors f;
    {
        const detail::PauseRecording pause;
        const SVD parts = svd(a.detached());
        const double rcond =
            options.rcond < 0 ? static_cast<double>(std::max(m, n)) * detail::epsilon_of(a.dtype()) : options.rcond;
        const Tensor zero =
            parts.s.is_empty() ? parts.s <= 0.0 : parts.s <= max(parts.s, {.axes = {-1}, .keep_axes = true}) * rcond;
        f = {parts.u, expand_dims(where(zero, 0.0, 1.0 / where(zero, 1.0, parts.s)), -1), parts.vt};
    }
    const Tensor x = apply(a, detail::as_columns(b), f, false);
    return b.rank() == 1 ? squeeze(x, -1) : x;
}

}  // namespace cotangent
