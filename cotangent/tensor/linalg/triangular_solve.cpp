#include "cotangent/tensor/linalg/triangular_solve.hpp"

#include <cstring>

#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/triangular_kernel.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record, detail::traced;

Tensor solve_triangle(const Tensor& a, const Tensor& b, const TriangularSolveOptions& options);

/// T x = b with T the triangle of a, or its transpose: T dx = db - dT x. With G the cotangent of x: db = T^-T G, dT = -db
/// x^T.
struct TriangularSolve {
    static constexpr const char* name = "triangular_solve";
    static constexpr Keep keep = Keep::both;
    TriangularSolveOptions options;

    [[nodiscard]] Tensor triangle(const Tensor& a) const {
        const int inward = options.unit_diagonal ? 1 : 0;
        return options.lower ? tril(a, -inward) : triu(a, inward);
    }
    void vjp(const Call& call) const {
        TriangularSolveOptions back = options;
        back.transpose = !back.transpose;
        const Tensor x = call.output(), db = solve_triangle(call.input(0), call.cotangent(), back);
        if (call.wants(0))
            call.give(0, -triangle(options.transpose ? matmul(x, db, {.transpose_b = true})
                                                     : matmul(db, x, {.transpose_b = true})));
        call.give(1, db);
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        Tensor right = call.tangent(1);
        if (call.has_tangent(0))
            right = right - matmul(triangle(call.tangent(0)), call.output(), {.transpose_a = options.transpose});
        return solve_triangle(call.input(0), right, options);
    }
};

Tensor solve_triangle_now(const Tensor& a, const Tensor& b, const TriangularSolveOptions& options) {
    const Shape batch = broadcast("triangular_solve", detail::batch_of(a), detail::batch_of(b));
    const std::int64_t n = a.length(-1), columns = b.length(-1);
    const auto of_a = detail::places_in(batch, detail::batch_of(a)), of_b = detail::places_in(batch, detail::batch_of(b));
    Tensor x = Tensor::uninitialized(detail::with_matrix(batch, n, columns), a.dtype());
    dispatch_float(a.dtype(), [&]<class T>(T) {
        detail::for_each_matrix(batch.size(), static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(columns),
                                [&](std::int64_t i) {
                                    T* to = x.fresh_data<T>() + i * n * columns;
                                    std::memcpy(to, b.data<T>() + of_b[static_cast<std::size_t>(i)] * n * columns,
                                                static_cast<std::size_t>(n * columns) * sizeof(T));
                                    detail::TriangularProblem<T>{options.lower != options.transpose,
                                                                 options.unit_diagonal,
                                                                 n,
                                                                 columns,
                                                                 a.data<T>() + of_a[static_cast<std::size_t>(i)] * n * n,
                                                                 options.transpose ? 1 : n,
                                                                 options.transpose ? n : 1,
                                                                 to,
                                                                 columns,
                                                                 1}
                                        .run();
                                });
    });
    return x;
}

Tensor solve_triangle(const Tensor& a, const Tensor& b, const TriangularSolveOptions& options) {
    const auto compute = [options](const Tensor& matrix, const Tensor& right) {
        return solve_triangle_now(matrix, right, options);
    };
    return record(TriangularSolve{options}, traced({"triangular_solve", detail::solve_flops(1, a, b)}, compute, a, b), a, b);
}

}  // namespace

Tensor triangular_solve(const Tensor& a, const Tensor& b, const TriangularSolveOptions& options) {
    detail::check_solve("triangular_solve", a, b);
    const Tensor x = solve_triangle(a, detail::as_columns(b), options);
    return b.rank() == 1 ? squeeze(x, -1) : x;
}

}  // namespace cotangent
