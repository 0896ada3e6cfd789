#include "cotangent/tensor/linalg/eigh.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/lapack.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
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

using detail::Call, detail::Keep, detail::record_outputs;

/// 1 / (w_j - w_i), and 0 where the two are equal to rounding.
Tensor inverse_gaps(const Tensor& w) {
    const Tensor gaps = expand_dims(w, -2) - expand_dims(w, -1);
    const Tensor largest = expand_dims(max(abs(w.detached()), {.axes = {-1}, .keep_axes = true}), -1);
    const Tensor equal =
        abs(gaps.detached()) <= largest * (static_cast<double>(w.length(-1)) * detail::epsilon_of(w.dtype()));
    return where(equal, 0.0, 1.0 / where(equal, 1.0, gaps));
}

/// With P = V^T dA V and F the inverse gaps: dw = diag P, dV = V (F o P). Back: dA = V (diag dw + F o (V^T dV)) V^T.
struct EighOp {
    static constexpr const char* name = "eigh";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const {
        const Tensor w = call.output(0), v = call.output(1), &dv = call.cotangent(1);
        if (w.is_empty()) return;
        Tensor inner = diag_embed(call.cotangent(0));
        if (dv.has_storage()) inner = inner + inverse_gaps(w) * matmul(v, dv, {.transpose_a = true});
        call.give(0, detail::symmetric_part(matmul(matmul(v, inner), v, {.transpose_b = true})));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const {
        const Tensor w = call.output(0), v = call.output(1);
        if (w.is_empty()) return {w, v};
        const Tensor p = matmul(matmul(v, detail::symmetric_part(call.tangent(0)), {.transpose_a = true}), v);
        return {diagonal(p), matmul(v, inverse_gaps(w) * p)};
    }
};

std::array<Tensor, 2> eigh_now(const Tensor& a) {
    const std::int64_t n = a.length(-1);
    const Shape batch = detail::batch_of(a);
    Shape value_shape = batch;
    value_shape.push_back(n);
    std::array<Tensor, 2> out{Tensor::uninitialized(value_shape, a.dtype()), Tensor::uninitialized(a.shape(), a.dtype())};
    std::vector<int> failed(static_cast<std::size_t>(batch.size()));
    dispatch_float(a.dtype(), [&]<class T>(T) {
        const int size = static_cast<int>(n), ld = std::max(1, size), ask = -1;
        int info = 0, integers = 0;
        T numbers{};
        detail::Lapack<T>::syevd("V", "L", &size, nullptr, &ld, nullptr, &numbers, &ask, &integers, &ask, &info, 1, 1);
        const int work_size = detail::work_size(numbers);
        detail::for_each_matrix(batch.size(), 9.0 * static_cast<double>(n * n * n), [&](std::int64_t i) {
            std::vector<T> work(static_cast<std::size_t>(work_size + n * n));
            std::vector<int> integer_work(static_cast<std::size_t>(integers));
            T* vectors = work.data() + work_size;  // by columns: one a row
            detail::symmetrize(n, a.data<T>() + i * n * n, vectors);
            int result = std::all_of(vectors, vectors + n * n, [](T x) { return std::isfinite(x); }) ? 0 : 1;
            if (result == 0)
                detail::Lapack<T>::syevd("V", "L", &size, vectors, &ld, out[0].fresh_data<T>() + i * n, work.data(),
                                         &work_size, integer_work.data(), &integers, &result, 1, 1);
            failed[static_cast<std::size_t>(i)] = result;
            detail::transpose_into(n, n, vectors, out[1].fresh_data<T>() + i * n * n);
        });
    });
    for (std::int64_t i = 0; i < batch.size(); ++i)
        if (failed[static_cast<std::size_t>(i)])
            throw ValueError(fmt::format("eigh: {} has no eigenvalues that can be found, expected finite elements",
                                         detail::matrix_name("a", batch, i)));
    return out;
}

}  // namespace

Eigh eigh(const Tensor& a) {
    detail::check_square("eigh", "a", a);
    auto out = detail::traced_outputs<2>(
        {"eigh", detail::cubic_flops(9, a)}, [](const Tensor& in) { return eigh_now(in); }, a);
    record_outputs(EighOp{}, out, {&a, 1});
    return {out[0], out[1]};
}

}  // namespace cotangent
