#include "cotangent/tensor/kernels/reduction.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/concatenate.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/pad.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/ops/transpose.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::finish, detail::Keep, detail::record, detail::Reduction, detail::summed;

/// For x [n, m]: the product of the other elements of each row. Only products, so zeros need no care, and a tree of
/// them, so it takes log m steps: the others of a left child are the others of its parent times the right child.
Tensor product_of_others(const Tensor& x) {
    const std::int64_t n = x.length(0), m = x.length(1);
    if (m == 1) return ones(x.shape(), x.dtype());
    const Tensor even = m % 2 == 0 ? x : pad(x, {{}, {0, 1}}, 1);
    const Tensor left = slice(even, {{}, {.step = 2}}), right = slice(even, {{}, {.start = 1, .step = 2}});
    const Tensor others = product_of_others(left * right);
    const Tensor both = reshape(stack({others * right, others * left}, -1), Shape{n, even.length(1)});
    return m % 2 == 0 ? both : slice_axis(both, 1, 0, m);
}

struct Product {
    static constexpr const char* name = "prod";
    static constexpr Keep keep = Keep::inputs;
    Reduction reduction;
    /// d prod / dx, in x's shape.
    [[nodiscard]] Tensor slope(const Tensor& x) const {
        if (x.is_empty()) return x;
        std::vector<int> order, back(static_cast<std::size_t>(x.rank()));
        for (const bool wanted : {false, true})
            for (int axis = 0; axis < x.rank(); ++axis)
                if (reduction.reduced[axis] == wanted) order.push_back(axis);
        for (int k = 0; k < x.rank(); ++k) back[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])] = k;
        const Tensor moved = transpose(x, order);
        const std::int64_t m = reduction.count(x.shape());
        return transpose(reshape(product_of_others(reshape(moved, Shape{x.size() / m, m})), moved.shape()), back);
    }
    void vjp(const Call& call) const { call.give(0, reduction.beside(call.cotangent()) * slope(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return sum(call.tangent(0) * slope(call.input(0)), reduction.options());
    }
};

}  // namespace

Tensor prod(const Tensor& x, const ReduceOptions& options) {
    const Reduction reduction("prod", x.shape(), options);
    const auto run = [reduction](const Tensor& in) {
        const Tensor folded =
            is_floating(in.dtype())
                ? detail::fold<double, double, detail::FoldProduct<double>>(cast(in, Dtype::float64), reduction.reduced)
                : detail::fold<std::int64_t, std::int64_t, detail::FoldProduct<std::int64_t>>(cast(in, Dtype::int64), reduction.reduced);
        return finish(folded, reduction, summed(in.dtype()));
    };
    return record(Product{reduction}, detail::traced("prod", run, x), x);
}

}  // namespace cotangent
