#include "cotangent/tensor/ops/matmul.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// C = A' B', where A' is A or its transpose: with G the cotangent of C, dA' = G B'^T and dB' = A'^T G.
struct Matmul {
    static constexpr const char* name = "matmul";
    static constexpr Keep keep = Keep::inputs;
    MatmulOptions options;

    void vjp(const Call& call) const {
        const auto [ta, tb] = options;
        const Tensor &g = call.cotangent(), &a = call.input(0), &b = call.input(1);
        if (call.wants(0)) call.give(0, ta ? matmul(b, g, {tb, true}) : matmul(g, b, {false, !tb}));
        if (call.wants(1)) call.give(1, tb ? matmul(g, a, {true, ta}) : matmul(a, g, {!ta, false}));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return matmul(call.input(0), call.tangent(1), options);
        if (!call.has_tangent(1)) return matmul(call.tangent(0), call.input(1), options);
        return matmul(call.tangent(0), call.input(1), options) + matmul(call.input(0), call.tangent(1), options);
    }
};

Shape batch_of(const Tensor& x) { return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.rank() - 2))); }

/// Both of rank >= 2; not recorded.
Tensor compute(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    if (a.dtype() == Dtype::bfloat16 && !detail::has_bfloat16_products())
        return detail::to_bfloat16(compute(detail::to_float32(a), detail::to_float32(b), options));
    const auto [ta, tb] = options;
    const auto last = [](const Tensor& x, int back) { return x.shape()[x.rank() - back]; };
    detail::GemmProblem problem;
    problem.rows = last(a, ta ? 1 : 2);
    problem.inner = last(a, ta ? 2 : 1);
    problem.columns = last(b, tb ? 2 : 1);
    problem.transpose_a = ta;
    problem.transpose_b = tb;
    const std::int64_t size_a = problem.rows * problem.inner, size_b = problem.inner * problem.columns;
    const Shape batch_a = batch_of(a), batch_b = batch_of(b);
    const Shape batch = batch_a == batch_b ? batch_a : broadcast("matmul", batch_a, batch_b);
    Shape shape = batch;
    shape.push_back(problem.rows);
    shape.push_back(problem.columns);
    Tensor out = Tensor::uninitialized(shape, a.dtype());
    problem.stride_c = problem.rows * problem.columns;
    // Leading axes that both operands treat alike are one run of products; the others are looped over.
    const auto rows = detail::rows_of<2>(batch, {&batch_a, &batch_b});
    problem.count = batch.size() == 0 ? 0 : rows.row_length;
    problem.stride_a = rows.step[0] * size_a;
    problem.stride_b = rows.step[1] * size_b;
    const auto bytes = static_cast<std::int64_t>(size_of(a.dtype()));
    for (std::int64_t row = 0; row < (batch.size() == 0 ? 0 : rows.row_count); ++row) {
        const auto offsets = rows.offsets(row);
        detail::gemm(a.dtype(), problem, a.raw() + offsets[0] * size_a * bytes, b.raw() + offsets[1] * size_b * bytes,
                     out.fresh_data<std::byte>() + row * rows.row_length * problem.stride_c * bytes);
    }
    return out;
}

struct Product {
    MatmulOptions options;
    Tensor operator()(const Tensor& a, const Tensor& b) const { return compute(a, b, options); }
    /// 1 for each operand that is transposed.
    [[nodiscard]] std::vector<std::int64_t> parameters() const { return {options.transpose_a, options.transpose_b}; }
};

Tensor product(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    const double flops = 2.0 * static_cast<double>(a.size()) * static_cast<double>(b.shape()[b.rank() - (options.transpose_b ? 2 : 1)]);
    return record(Matmul{options}, detail::traced({"matmul", flops}, Product{options}, a, b), a, b);
}

void check(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    detail::check_same_dtype("matmul", a.dtype(), b.dtype());
    if (!is_floating(a.dtype())) detail::throw_dtype("matmul", a.dtype(), "a floating dtype; use cast()");
    for (const auto& [name, x] : {std::pair{"a", &a}, std::pair{"b", &b}})
        if (x->rank() == 0) throw ShapeError(fmt::format("matmul: {} has shape [], expected a vector or matrices; use multiply()", name));
    const bool ta = a.rank() > 1 && options.transpose_a, tb = b.rank() == 1 || options.transpose_b;
    const std::int64_t inner_a = a.shape()[a.rank() - (ta ? 2 : 1)], inner_b = b.shape()[b.rank() - (tb ? 1 : 2)];
    if (inner_a != inner_b)
        throw ShapeError(fmt::format("matmul: b has shape {}{}, expected {} for a {}{}", to_string(b.shape()),
                                     b.rank() > 1 && tb ? " (transposed)" : "",
                                     b.rank() == 1 ? fmt::format("[{}]", inner_a)
                                     : tb          ? fmt::format("[..., *, {}]", inner_a)
                                                   : fmt::format("[..., {}, *]", inner_a),
                                     to_string(a.shape()), ta ? " (transposed)" : ""));
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    check(a, b, options);
    if (a.rank() == 1 || b.rank() == 1) {
        const Tensor matrix_a = a.rank() == 1 ? expand_dims(a, 0) : a, matrix_b = b.rank() == 1 ? expand_dims(b, 1) : b;
        Tensor out = matmul(matrix_a, matrix_b, {a.rank() > 1 && options.transpose_a, b.rank() > 1 && options.transpose_b});
        if (b.rank() == 1) out = squeeze(out, -1);
        if (a.rank() == 1) out = squeeze(out, b.rank() == 1 ? -1 : -2);
        return out;
    }
    // One matrix for a whole batch: the batch is more rows, and its gradient needs no sum afterwards.
    if (a.rank() > 2 && b.rank() == 2 && !options.transpose_a) {
        Shape shape = a.shape();
        shape[a.rank() - 1] = b.shape()[options.transpose_b ? 0 : 1];
        const std::int64_t inner = a.shape().back(), rows = batch_of(a).size() * a.shape()[a.rank() - 2];
        return reshape(product(reshape(a, Shape{rows, inner}), b, options), shape);
    }
    return product(a, b, options);
}

Tensor outer(const Tensor& a, const Tensor& b) { return reshape(a, Shape{a.size(), 1}) * reshape(b, Shape{1, b.size()}); }

}  // namespace cotangent
