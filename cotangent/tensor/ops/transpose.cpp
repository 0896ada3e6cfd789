#include "cotangent/tensor/ops/transpose.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// A permutation of the axes, held in place.
struct Order {
    std::array<int, Shape::max_rank> axes{};
    int rank = 0;

    explicit Order(int count) : rank(count) { std::iota(axes.begin(), axes.end(), 0); }
    [[nodiscard]] std::span<const int> span() const { return {axes.data(), static_cast<std::size_t>(rank)}; }
    [[nodiscard]] Order inverse() const {
        Order result(rank);
        for (int k = 0; k < rank; ++k) result.axes[axes[k]] = k;
        return result;
    }
};

struct Transpose {
    static constexpr const char* name = "transpose";
    static constexpr Keep keep = Keep::nothing;
    Order order;
    void vjp(const Call& call) const { call.give(0, transpose(call.cotangent(), order.inverse().span())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return transpose(call.tangent(0), order.span()); }
};

Order checked(const Tensor& x, std::span<const int> axes) {
    Order order(x.rank());
    bool valid = static_cast<int>(axes.size()) == x.rank();
    std::array<bool, Shape::max_rank> seen{};
    for (int k = 0; valid && k < x.rank(); ++k) {
        const int axis = axes[k] < 0 ? axes[k] + x.rank() : axes[k];
        valid = axis >= 0 && axis < x.rank() && !std::exchange(seen[axis], true);
        order.axes[k] = axis;
    }
    if (!valid)
        throw ShapeError(fmt::format("transpose: axes are [{}], expected each axis once for shape {}", fmt::join(axes, ", "),
                                     to_string(x.shape())));
    return order;
}

struct Move {
    Shape shape;
    detail::Strides from;
    Tensor operator()(const Tensor& x) const {
        Tensor moved = Tensor::uninitialized(shape, x.dtype());
        detail::strided_copy(shape, size_of(x.dtype()), moved.fresh_data<std::byte>(), detail::dense_strides(shape), x.raw(), from);
        return moved;
    }
    /// For each axis of the result, how far x's elements along it lie apart.
    [[nodiscard]] std::vector<std::int64_t> parameters() const { return {from.begin(), from.begin() + shape.rank()}; }
};

Tensor apply(const Tensor& x, const Order& order) {
    Shape shape = x.shape();
    detail::Strides from{};
    const detail::Strides strides = detail::dense_strides(x.shape());
    int last = -1;
    bool keeps_order = true;
    for (int k = 0; k < order.rank; ++k) {
        const int axis = order.axes[k];
        shape[k] = x.shape()[axis];
        from[k] = strides[axis];
        if (shape[k] == 1) continue;
        keeps_order = keeps_order && axis > last;
        last = axis;
    }
    if (keeps_order) return record(Transpose{order}, x.view(shape), x);
    return record(Transpose{order}, detail::traced({"transpose", 0}, Move{shape, from}, x), x);
}

}  // namespace

Tensor transpose(const Tensor& x, std::span<const int> axes) { return apply(x, checked(x, axes)); }

Tensor transpose(const Tensor& x, std::initializer_list<int> axes) {
    return transpose(x, std::span(axes.begin(), axes.size()));
}

Tensor transpose(const Tensor& x) {
    Order order(x.rank());
    std::reverse(order.axes.begin(), order.axes.begin() + order.rank);
    return apply(x, order);
}

Tensor swap_axes(const Tensor& x, int axis1, int axis2) {
    Order order(x.rank());
    std::swap(order.axes[axis_of("swap_axes", axis1, x.rank())], order.axes[axis_of("swap_axes", axis2, x.rank())]);
    return apply(x, order);
}

Tensor move_axis(const Tensor& x, int from, int to) {
    Order order(x.rank());
    const auto source = order.axes.begin() + axis_of("move_axis", from, x.rank());
    const auto target = order.axes.begin() + axis_of("move_axis", to, x.rank());
    if (source < target) std::rotate(source, source + 1, target + 1);
    else std::rotate(target, source, source + 1);
    return apply(x, order);
}

}  // namespace cotangent
