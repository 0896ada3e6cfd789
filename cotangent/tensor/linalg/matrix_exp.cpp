#include "cotangent/tensor/linalg/matrix_exp.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/linalg/lu.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/concatenate.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/extrema.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/rounding.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// The derivative of exp at a along e. e is brought to a size near 1 first: its own would decide the scaling.
Tensor derivative_along(const Tensor& a, const Tensor& e) {
    const std::int64_t n = a.length(-1);
    if (a.is_empty()) return zeros_like(a);
    // Not so small that the derivatives of e / size overflow.
    const double least = a.dtype() == Dtype::float32 ? 1e-19 : 1e-154;
    const Tensor size = maximum(max(abs(e.detached()), {.axes = {-2, -1}, .keep_axes = true}), least);
    const Tensor upper = concatenate({a, e / size}, -1), lower = concatenate({zeros_like(a), a}, -1);
    const Tensor both = matrix_exp(concatenate({upper, lower}, -2));
    return slice_axis(slice_axis(both, -2, 0, n), -1, n, 2 * n) * size;
}

struct MatrixExp {
    static constexpr const char* name = "matrix_exp";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, derivative_along(detail::transposed(call.input(0)), call.cotangent())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return derivative_along(call.input(0), call.tangent(0)); }
};

/// The exponential of one matrix, with its temporaries.
class Exponential {
public:
    explicit Exponential(std::int64_t n)
        : n_(n), memory_(static_cast<std::size_t>(8 * n * n)), pivots_(static_cast<std::size_t>(n)) {}

    /// The matrix to take the exponential of, and its result.
    [[nodiscard]] double* matrix() { return at(0); }

    void run() {
        double norm = 0;  // the largest sum of a column
        for (std::int64_t j = 0; j < n_; ++j) {
            double sum = 0;
            for (std::int64_t i = 0; i < n_; ++i) sum += std::abs(matrix()[i * n_ + j]);
            norm = std::max(norm, sum);
            if (!std::isfinite(sum)) norm = sum;
            if (!std::isfinite(norm)) {
                std::fill_n(matrix(), n_ * n_, std::numeric_limits<double>::quiet_NaN());
                return;
            }
        }
        // The degrees and the largest norms that they are exact for, to float64's rounding (Higham 2005, table 2.3).
        static constexpr std::pair<int, double> degrees[] = {
            {3, 1.495585217958292e-2}, {5, 2.539398330063230e-1}, {7, 9.504178996162932e-1}, {9, 2.097847961257068}};
        for (const auto& [degree, limit] : degrees)
            if (norm <= limit) return approximate(degree);
        const int squarings = std::max(0, static_cast<int>(std::ceil(std::log2(norm / 5.371920351148152))));
        for (std::int64_t i = 0; i < n_ * n_; ++i) matrix()[i] = std::ldexp(matrix()[i], -squarings);
        approximate(13);
        for (int k = 0; k < squarings; ++k) {
            multiply(matrix(), matrix(), at(1));
            std::copy_n(at(1), n_ * n_, matrix());
        }
    }

private:
    [[nodiscard]] double* at(int k) { return memory_.data() + k * n_ * n_; }
    void multiply(const double* a, const double* b, double* c) const {
        detail::gemm(Dtype::float64, {.rows = n_, .columns = n_, .inner = n_}, a, b, c);
    }
    /// to = sum_k coefficients[k] matrices[k] + constant
    void combine(double* to, std::initializer_list<std::pair<double, const double*>> terms, double constant) const {
        for (std::int64_t i = 0; i < n_ * n_; ++i) {
            double sum = 0;
            for (const auto& [factor, matrix] : terms) sum += factor * matrix[i];
            to[i] = sum;
        }
        for (std::int64_t i = 0; i < n_; ++i) to[i * (n_ + 1)] += constant;
    }
    /// matrix = (v - u)^-1 (v + u), u the odd and v the even terms of the numerator of degree m: coefficients
    /// b_k = (2m - k)! / (k! (m - k)!), here over b_m = 1.
    void approximate(int m) {
        double b[14];
        b[m] = 1;
        for (int k = m; k > 0; --k) b[k - 1] = b[k] * k * (2 * m - k + 1) / (m - k + 1);
        double *const a = matrix(), *const a2 = at(1), *const a4 = at(2), *const a6 = at(3), *const a8 = at(4),
                      *const u = at(5), *const v = at(6), *const t = at(7);
        multiply(a, a, a2);
        if (m >= 5) multiply(a2, a2, a4);
        if (m >= 7) multiply(a4, a2, a6);
        if (m == 9) multiply(a6, a2, a8);
        const auto parity = [&](int first, double* to) {  // the terms first, first + 2, ... but for the power `first`
            if (m == 3) combine(to, {{b[first + 2], a2}}, b[first]);
            else if (m == 5) combine(to, {{b[first + 2], a2}, {b[first + 4], a4}}, b[first]);
            else if (m == 9)
                combine(to, {{b[first + 2], a2}, {b[first + 4], a4}, {b[first + 6], a6}, {b[first + 8], a8}}, b[first]);
            else combine(to, {{b[first + 2], a2}, {b[first + 4], a4}, {b[first + 6], a6}}, b[first]);
            if (m < 13) return;
            combine(a8, {{b[first + 8], a2}, {b[first + 10], a4}, {b[first + 12], a6}}, 0);
            double* const high = to == t ? u : t;
            multiply(a6, a8, high);
            for (std::int64_t i = 0; i < n_ * n_; ++i) to[i] += high[i];
        };
        parity(1, t);
        multiply(a, t, u);
        parity(0, v);
        for (std::int64_t i = 0; i < n_ * n_; ++i) {
            t[i] = v[i] - u[i];
            a[i] = v[i] + u[i];
        }
        detail::lu_factor(n_, t, pivots_.data());
        detail::lu_solve(n_, n_, t, pivots_.data(), false, a);
    }

    std::int64_t n_;
    std::vector<double> memory_;
    std::vector<int> pivots_;
};

Tensor exponential_now(const Tensor& a) {
    const std::int64_t n = a.length(-1);
    Tensor out = Tensor::uninitialized(a.shape(), a.dtype());
    dispatch_float(a.dtype(), [&]<class T>(T) {
        detail::for_each_matrix(detail::batch_of(a).size(), 20 * static_cast<double>(n * n * n), [&](std::int64_t i) {
            Exponential one(n);
            std::copy_n(a.data<T>() + i * n * n, n * n, one.matrix());
            one.run();
            std::transform(one.matrix(), one.matrix() + n * n, out.fresh_data<T>() + i * n * n,
                           [](double x) { return static_cast<T>(x); });
        });
    });
    return out;
}

}  // namespace

Tensor matrix_exp(const Tensor& a) {
    detail::check_square("matrix_exp", "a", a);
    return record(MatrixExp{},
                  detail::traced(
                      {"matrix_exp", detail::cubic_flops(44.0 / 3, a)},  // of the approximant; squarings depend on numbers
                      [](const Tensor& in) { return exponential_now(in); }, a),
                  a);
}

}  // namespace cotangent
