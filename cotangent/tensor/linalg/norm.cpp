#include "cotangent/tensor/linalg/norm.hpp"

#include <cmath>

#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/svd.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/logical.hpp"
#include "cotangent/tensor/ops/power.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/rounding.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/ops/where.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

void check_real(const Tensor& x) {
    if (x.dtype() != Dtype::float32 && x.dtype() != Dtype::float64)
        throw DtypeError(fmt::format("vector_norm: x is {}, expected float32 or float64", name(x.dtype())));
}

/// x^p, and 0 with the derivatives 0 where x is 0: there the power has no second derivative for orders below 2, and no first
/// one below 1.
Tensor power_where_nonzero(const Tensor& x, double p) {
    const Tensor zero = equal(x.detached(), 0.0);
    return where(zero, 0.0, power(where(zero, 1.0, x), p));
}

}  // namespace

// Orders between are taken of x / scale, where scale is the largest element, or the smallest for negative orders, and counts
// as a constant: the norm of a multiple is the multiple of the norm.
Tensor vector_norm(const Tensor& x, const VectorNormOptions& options) {
    check_real(x);
    const double p = options.order;
    const ReduceOptions over{.axes = options.axes, .keep_axes = options.keep_axes},
        kept{.axes = options.axes, .keep_axes = true};
    if (std::isnan(p)) throw ValueError("vector_norm: order is NaN, expected a number");
    if (p == 0) return sum(cast(not_equal(x.detached(), 0.0), x.dtype()), over);
    const Tensor size = abs(x);
    if (p == 1) return sum(size, over);
    if (std::isinf(p)) return p > 0 ? max(size, over) : min(size, over);
    if (p > 0 && x.is_empty()) return sum(size, over);
    const Tensor extreme = p > 0 ? max(size.detached(), kept) : min(size.detached(), kept);
    const Tensor usable = greater(extreme, 0.0) && less(extreme, std::numeric_limits<double>::infinity());
    const Tensor scale = where(usable, extreme, 1.0),
                 scaled = (p == 2 ? x : size) / scale;  // |x| has no second derivative at 0
    // At 0 the root would have an infinite slope and the powers a zero one: left out, which is the subgradient 0.
    const Tensor zero = equal(extreme, 0.0);
    const Tensor total =
        p == 2 ? sum(square(scaled), kept) : sum(p < 2 ? power_where_nonzero(scaled, p) : power(scaled, p), kept);
    const Tensor root = p == 2 ? sqrt(where(zero, 1.0, total)) : power(where(zero, 1.0, total), 1 / p);
    const Tensor result = where(zero, 0.0, root * scale);
    return options.keep_axes ? result : reshape(result, sum(x.detached(), over).shape());
}

Tensor matrix_norm(const Tensor& x, MatrixNorm which) {
    detail::check_matrices("matrix_norm", "x", x);
    switch (which) {
        case MatrixNorm::frobenius: return vector_norm(x, {.axes = {-2, -1}});
        case MatrixNorm::nuclear: return sum(svd(x).s, {.axes = {-1}});
        case MatrixNorm::spectral: return max(svd(x).s, {.axes = {-1}});
        case MatrixNorm::one: return max(sum(abs(x), {.axes = {-2}}), {.axes = {-1}});
        case MatrixNorm::infinity: return max(sum(abs(x), {.axes = {-1}}), {.axes = {-1}});
    }
    throw ValueError("matrix_norm: which is not one of MatrixNorm");
}

}  // namespace cotangent
