#include "cotangent/tensor/linalg/qr.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/lapack.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/triangular_solve.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/concatenate.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record_outputs, detail::transposed;

constexpr MatmulOptions left_transposed{.transpose_a = true}, right_transposed{.transpose_b = true};

/// x R^-1 or x R^-T
Tensor over(const Tensor& x, const Tensor& r, bool transpose) {
    return transposed(triangular_solve(r, transposed(x), {.lower = false, .transpose = !transpose}));
}

/// For M >= N. With S = Q^T dA R^-1 and W = tril(S, -1) - tril(S, -1)^T, which Q^T dQ is:
///     dR = (S - W) R,  dQ = dA R^-1 - Q (S - W)
/// Back, with Y = R dR^T - dQ^T Q and its lower triangle mirrored up: dA = (dQ + Q mirror(Y)) R^-T.
struct QROp {
    static constexpr const char* name = "qr";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const {
        const Tensor q = call.output(0), r = call.output(1), &dq = call.cotangent(0), &dr = call.cotangent(1);
        Tensor y = -matmul(dq, q, left_transposed);
        if (dr.has_storage()) y = y + matmul(r, triu(dr), right_transposed);
        const Tensor mirrored = tril(y) + transposed(tril(y, -1));
        call.give(0, over(dq + matmul(q, mirrored), r, true));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const {
        const Tensor q = call.output(0), r = call.output(1), z = over(call.tangent(0), r, false);
        const Tensor s = matmul(q, z, left_transposed), below = tril(s, -1);
        const Tensor upper = triu(s) + transposed(below);  // S - W
        return {z - matmul(q, upper), triu(matmul(upper, r))};
    }
};

// LAPACK sees a^T: its L Q' is r^T q^T.
template <class T>
void factor(std::int64_t m, std::int64_t n, const T* a, T* q, T* r, T* tau, T* work, int work_size) {
    std::memcpy(q, a, static_cast<std::size_t>(m * n) * sizeof(T));
    const int rows = static_cast<int>(n), columns = static_cast<int>(m), ld = std::max(1, rows);
    int info = 0;
    detail::Lapack<T>::gelqf(&rows, &columns, q, &ld, tau, work, &work_size, &info);
    for (std::int64_t i = 0; i < n; ++i) {
        std::fill(r + i * n, r + i * n + i, T(0));
        std::copy(q + i * n + i, q + (i + 1) * n, r + i * n + i);
    }
    detail::Lapack<T>::orglq(&rows, &columns, &rows, q, &ld, tau, work, &work_size, &info);
    for (std::int64_t i = 0; i < n; ++i) {
        if (!(r[i * (n + 1)] < T(0))) continue;
        for (std::int64_t j = i; j < n; ++j) r[i * n + j] = -r[i * n + j];
        for (std::int64_t k = 0; k < m; ++k) q[k * n + i] = -q[k * n + i];
    }
}

std::array<Tensor, 2> tall_now(const Tensor& a) {
    const std::int64_t m = a.length(-2), n = a.length(-1);
    const Shape batch = detail::batch_of(a);
    std::array<Tensor, 2> out{Tensor::uninitialized(a.shape(), a.dtype()),
                              Tensor::uninitialized(detail::with_matrix(batch, n, n), a.dtype())};
    dispatch_float(a.dtype(), [&]<class T>(T) {
        const int rows = static_cast<int>(n), columns = static_cast<int>(m), ld = std::max(1, rows), ask = -1;
        int info = 0;
        T sizes[2]{};
        detail::Lapack<T>::gelqf(&rows, &columns, nullptr, &ld, nullptr, sizes, &ask, &info);
        detail::Lapack<T>::orglq(&rows, &columns, &rows, nullptr, &ld, nullptr, sizes + 1, &ask, &info);
        const int work_size = std::max(1, detail::work_size(std::max(sizes[0], sizes[1])));
        detail::for_each_matrix(batch.size(), 4 * static_cast<double>(m) * static_cast<double>(n * n), [&](std::int64_t i) {
            std::vector<T> work(static_cast<std::size_t>(n + work_size));
            factor(m, n, a.data<T>() + i * m * n, out[0].fresh_data<T>() + i * m * n, out[1].fresh_data<T>() + i * n * n,
                   work.data(), work.data() + n, work_size);
        });
    });
    return out;
}

QR tall(const Tensor& a) {
    const auto m = static_cast<double>(a.length(-2)), n = static_cast<double>(a.length(-1));
    const double each = 4 * n * (m - n / 3);  // of an element of a row: r, and as much for q
    auto out = detail::traced_outputs<2>(
        {"qr", each * static_cast<double>(a.size()) / std::max(m, 1.0)}, [](const Tensor& in) { return tall_now(in); }, a);
    record_outputs(QROp{}, out, {&a, 1});
    return {out[0], out[1]};
}

}  // namespace

QR qr(const Tensor& a) {
    detail::check_matrices("qr", "a", a);
    const std::int64_t m = a.length(-2), n = a.length(-1);
    if (m >= n) return tall(a);
    // a = [x y]: the square x gives q, and r = [r_x, q^T y].
    const QR square = tall(slice_axis(a, -1, 0, m));
    return {square.q, concatenate({square.r, matmul(square.q, slice_axis(a, -1, m, n), left_transposed)}, -1)};
}

}  // namespace cotangent
