// Of a regular matrix W = A^-1 has them all: cof A = det(A) W^T. Of others A = U S V^T, and cof A = det(U) det(V) U cof(S)
// V^T, where cof(S) is the products of all singular values but one; the derivative of that is products of all but two.
// Nothing is divided by.
#include "cotangent/tensor/linalg/cofactors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cotangent/tensor/kernels/packed_gemm.hpp"
#include "cotangent/tensor/linalg/lu.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/solve.hpp"
#include "cotangent/tensor/linalg/svd_kernel.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {
namespace {

/// The product of numbers, the largest first, but two of them, or one twice. It overflows only if it is too large itself: a
/// large factor follows a small one.
template <class T>
T product_without(const std::vector<T>& s, std::size_t one, std::size_t other) {
    T product = 1;
    for (std::size_t first = 0, last = s.size(); first < last;) {
        const std::size_t next = std::abs(product) > 1 ? --last : first++;
        if (next != one && next != other) product *= s[next];
    }
    return product;
}

template <class T>
class CofactorKernel {
public:
    explicit CofactorKernel(std::int64_t n) : n_(n) {}

    /// to = cof A
    void run(const T* a, const T* lu, const std::int32_t* pivots, T* to) const {
        const T det = lu_determinant(n_, lu, pivots);
        if (is_regular(det, lu, static_cast<T>(n_) * std::numeric_limits<T>::epsilon())) {
            inverse_transposed(lu, pivots, to);
            for (std::int64_t i = 0; i < n_ * n_; ++i) to[i] *= det;
            return;
        }
        const Decomposition d(*this, a);
        std::vector<T> left(d.u);
        for (std::int64_t j = 0; j < n_; ++j) {
            const T product = product_without(d.s, at(j), at(j));
            for (std::int64_t i = 0; i < n_; ++i) left[at(i * n_ + j)] *= product;
        }
        multiply(d.sign, left.data(), false, d.vt.data(), false, to);
    }

    /// to = the derivative of cof A along b
    void run_along(const T* a, const T* b, const T* lu, const std::int32_t* pivots, T* to) const {
        std::vector<T> x(at(n_ * n_)), y(at(n_ * n_));
        const T det = lu_determinant(n_, lu, pivots);
        if (is_regular(det, lu, few_digits)) {  // det (tr(W B) W^T - (W B W)^T), a difference that loses as many digits
            inverse_transposed(lu, pivots, x.data());
            T trace = 0;
            for (std::int64_t i = 0; i < n_ * n_; ++i) trace += x[at(i)] * b[i];
            multiply(-det, x.data(), false, b, true, y.data());
            multiply(1, y.data(), false, x.data(), false, to);
            for (std::int64_t i = 0; i < n_ * n_; ++i) to[i] += det * trace * x[at(i)];
            return;
        }
        const Decomposition d(*this, a);
        multiply(1, d.u.data(), true, b, false, x.data());
        multiply(1, x.data(), false, d.vt.data(), true, y.data());  // b as U and V see it
        std::fill(x.begin(), x.end(), T{});
        for (std::int64_t i = 0; i < n_; ++i)
            for (std::int64_t j = 0; j < i; ++j) {
                const T product = product_without(d.s, at(i), at(j));
                x[at(i * (n_ + 1))] += product * y[at(j * (n_ + 1))];
                x[at(j * (n_ + 1))] += product * y[at(i * (n_ + 1))];
                x[at(i * n_ + j)] = -product * y[at(j * n_ + i)];
                x[at(j * n_ + i)] = -product * y[at(i * n_ + j)];
            }
        multiply(1, d.u.data(), false, x.data(), false, y.data());
        multiply(d.sign, y.data(), false, d.vt.data(), false, to);
    }

private:
    [[nodiscard]] static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

    struct Decomposition {
        std::vector<T> s, u, vt;
        T sign;  // det(U) det(V)
        Decomposition(const CofactorKernel& kernel, const T* a)
            : s(at(kernel.n_)), u(at(kernel.n_ * kernel.n_)), vt(u.size()) {
            const bool found = SvdKernel<T>(kernel.n_, kernel.n_).run(a, s.data(), u.data(), vt.data());
            sign = found ? kernel.sign_of(u) * kernel.sign_of(vt) : std::numeric_limits<T>::quiet_NaN();
        }
    };
    /// 1 or -1: which way an orthogonal matrix turns.
    [[nodiscard]] T sign_of(std::vector<T> q) const {
        std::vector<int> pivots(at(n_));
        lu_factor(n_, q.data(), pivots.data());
        return std::copysign(T(1), lu_determinant(n_, q.data(), pivots.data()));
    }

    static constexpr T few_digits = T(1) / 1024;

    /// Are the pivots more than `least` of the largest, and does their product not vanish? Pivots that are no numbers are
    /// regular too: no decomposition mends them.
    [[nodiscard]] bool is_regular(T det, const T* lu, T least) const {
        T smallest = std::numeric_limits<T>::infinity(), largest = 0;
        for (std::int64_t k = 0; k < n_; ++k) {
            const T size = std::abs(lu[k * (n_ + 1)]);
            if (!std::isfinite(size)) return true;
            smallest = std::min(smallest, size);
            largest = std::max(largest, size);
        }
        return smallest > least * largest && std::abs(det) >= std::numeric_limits<T>::min();
    }
    void inverse_transposed(const T* lu, const std::int32_t* pivots, T* to) const {
        std::fill_n(to, n_ * n_, T{});
        for (std::int64_t k = 0; k < n_; ++k) to[k * (n_ + 1)] = 1;
        lu_solve(n_, n_, lu, pivots, true, to);
    }
    /// c = scale op(a) op(b)
    void multiply(T scale, const T* a, bool transpose_a, const T* b, bool transpose_b, T* c) const {
        const std::int64_t one = 1;
        PackedGemm<T>{n_,
                      n_,
                      n_,
                      a,
                      transpose_a ? one : n_,
                      transpose_a ? n_ : one,
                      b,
                      transpose_b ? one : n_,
                      transpose_b ? n_ : one,
                      c,
                      n_,
                      false,
                      scale}
            .run();
    }

    std::int64_t n_;
};

/// run(kernel, i, the first element of matrix i, where its result goes) for each matrix of a stack.
template <class F>
Tensor each_matrix(const Tensor& a, double flops, const F& run) {
    const std::int64_t n = a.length(-1);
    Tensor result = Tensor::uninitialized(a.shape(), a.dtype());
    if (a.is_empty()) return result;
    dispatch_float(a.dtype(), [&]<class T>(T) {
        const CofactorKernel<T> kernel(n);
        for_each_matrix(batch_of(a).size(), flops * static_cast<double>(n * n * n),
                        [&](std::int64_t i) { run(kernel, i, i * n * n, result.fresh_data<T>() + i * n * n); });
    });
    return result;
}

Tensor cofactors_along(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& pivots);

/// The second derivative of cof A along b and c, of a regular A: with W = A^-1
///     det ((tr(W B) tr(W C) - tr(W B W C)) W - tr(W C) W B W - tr(W B) W C W + W B W C W + W C W B W)^T
Tensor second_along(const Tensor& a, const Tensor& b, const Tensor& c) {
    const Tensor w = inverse(a), wb = matmul(w, b), wc = matmul(w, c), wbw = matmul(wb, w), wcw = matmul(wc, w);
    const auto trace_of = [](const Tensor& x, const Tensor& y) {  // of x y
        return sum(x * transposed(y), {.axes = {-2, -1}, .keep_axes = true});
    };
    const Tensor trace_b = trace_of(w, b), trace_c = trace_of(w, c), both = trace_of(wb, wc);
    const Tensor inner = (trace_b * trace_c - both) * w - trace_c * wbw - trace_b * wcw + matmul(wb, wcw) + matmul(wc, wbw);
    return expand_dims(expand_dims(det(a), -1), -1) * transposed(inner);
}

/// Linear in b, and symmetric: what it is along b, summed with c, is what it is along c, summed with b.
struct CofactorsAlong {
    static constexpr const char* name = "cofactors_gradient";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const {
        if (call.wants(0)) call.give(0, second_along(call.input(0), call.input(1), call.cotangent()));
        if (call.wants(1)) call.give(1, cofactors_along(call.input(0), call.cotangent(), call.input(2), call.input(3)));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        Tensor sum;
        if (call.has_tangent(1)) sum = cofactors_along(call.input(0), call.tangent(1), call.input(2), call.input(3));
        if (!call.has_tangent(0)) return sum;
        const Tensor more = second_along(call.input(0), call.input(1), call.tangent(0));
        return sum.has_storage() ? sum + more : more;
    }
};

struct Cofactors {
    static constexpr const char* name = "det_gradient";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const {
        call.give(0, cofactors_along(call.input(0), call.cotangent(), call.input(1), call.input(2)));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return cofactors_along(call.input(0), call.tangent(0), call.input(1), call.input(2));
    }
};

Tensor cofactors_along(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& pivots) {
    constexpr double flops = 6;
    const auto compute = [](const Tensor& x, const Tensor& along, const Tensor& factors, const Tensor& order) {
        const std::int64_t n = x.length(-1);
        return each_matrix(x, flops, [&]<class T>(const CofactorKernel<T>& kernel, std::int64_t i, std::int64_t at, T* to) {
            kernel.run_along(x.data<T>() + at, along.data<T>() + at, factors.data<T>() + at,
                             order.data<std::int32_t>() + i * n, to);
        });
    };
    return record(CofactorsAlong{}, traced({"cofactors_gradient", cubic_flops(flops, a)}, compute, a, b, lu, pivots), a, b,
                  lu, pivots);
}

}  // namespace

Tensor cofactors(const Tensor& a, const Tensor& lu, const Tensor& pivots) {
    constexpr double flops = 2;
    const auto compute = [](const Tensor& x, const Tensor& factors, const Tensor& order) {
        const std::int64_t n = x.length(-1);
        return each_matrix(x, flops, [&]<class T>(const CofactorKernel<T>& kernel, std::int64_t i, std::int64_t at, T* to) {
            kernel.run(x.data<T>() + at, factors.data<T>() + at, order.data<std::int32_t>() + i * n, to);
        });
    };
    return record(Cofactors{}, traced({"det_gradient", cubic_flops(flops, a)}, compute, a, lu, pivots), a, lu, pivots);
}

}  // namespace cotangent::detail
