#include "cotangent/tensor/ops/pad.hpp"

#include <array>

#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/ops/broadcast_to.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Pad {
    static constexpr const char* name = "pad";
    static constexpr Keep keep = Keep::nothing;
    std::array<Border, Shape::max_rank> borders;
    int rank;
    void vjp(const Call& call) const {
        std::array<Slice, Shape::max_rank> slices;
        for (int axis = 0; axis < rank; ++axis)
            slices[axis] = {.start = borders[axis].before, .stop = borders[axis].before + call.input(0).shape()[axis]};
        call.give(0, slice(call.cotangent(), std::span(slices.data(), static_cast<std::size_t>(rank))));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return pad(call.tangent(0), std::span(borders.data(), static_cast<std::size_t>(rank)));
    }
};

/// [outer, inner] seen as [outer, 1, inner], that axis made `count` long.
Tensor repeat_between(const Tensor& x, std::int64_t outer, std::int64_t inner, std::int64_t count, const Shape& result) {
    return reshape(broadcast_to(reshape(x, Shape{outer, 1, inner}), {outer, count, inner}), result);
}

std::int64_t product(const Shape& shape, int first, int last) {
    std::int64_t result = 1;
    for (int axis = first; axis < last; ++axis) result *= shape[axis];
    return result;
}

void check_count(const char* op, std::int64_t count) {
    if (count < 0) throw ValueError(fmt::format("{}: count is {}, expected 0 or more", op, count));
}

}  // namespace

Tensor pad(const Tensor& x, std::span<const Border> borders, double value) {
    if (static_cast<int>(borders.size()) > x.rank())
        throw ShapeError(fmt::format("pad: got {} borders, expected at most {} for shape {}", borders.size(), x.rank(),
                                     to_string(x.shape())));
    Pad op{{}, static_cast<int>(borders.size())};
    Shape shape = x.shape();
    std::int64_t first = 0;
    for (int axis = 0; axis < op.rank; ++axis) {
        const Border border = op.borders[axis] = borders[static_cast<std::size_t>(axis)];
        if (border.before < 0 || border.after < 0)
            throw ValueError(fmt::format("pad: border of axis {} is ({}, {}), expected 0 or more", axis, border.before, border.after));
        shape[axis] += border.before + border.after;
    }
    if (shape == x.shape()) return x;
    const detail::Strides strides = detail::dense_strides(shape);
    for (int axis = 0; axis < op.rank; ++axis) first += op.borders[axis].before * strides[axis];
    Tensor out = detail::traced(
        {"pad", 0},
        [=](const Tensor& in) {
            Tensor padded = full(shape, value, in.dtype());
            const std::size_t size = size_of(in.dtype());
            if (!in.is_empty())
                detail::strided_copy(in.shape(), size, padded.fresh_data<std::byte>() + first * static_cast<std::int64_t>(size),
                                     strides, in.raw(), detail::dense_strides(in.shape()));
            return padded;
        },
        x);
    return record(std::move(op), std::move(out), x);
}

Tensor pad(const Tensor& x, std::initializer_list<Border> borders, double value) {
    return pad(x, std::span(borders.begin(), borders.size()), value);
}

Tensor tile(const Tensor& x, std::span<const std::int64_t> counts) {
    Tensor result = x;
    while (result.rank() < static_cast<int>(counts.size())) result = expand_dims(result, 0);
    const int offset = result.rank() - static_cast<int>(counts.size());
    for (int axis = result.rank() - 1; axis >= offset; --axis) {
        const std::int64_t count = counts[static_cast<std::size_t>(axis - offset)];
        check_count("tile", count);
        if (count == 1) continue;
        Shape shape = result.shape();
        const std::int64_t outer = product(shape, 0, axis), inner = product(shape, axis, shape.rank());
        shape[axis] *= count;
        result = repeat_between(result, outer, inner, count, shape);
    }
    return result;
}

Tensor tile(const Tensor& x, std::initializer_list<std::int64_t> counts) {
    return tile(x, std::span(counts.begin(), counts.size()));
}

Tensor repeat(const Tensor& x, std::int64_t count, int axis) {
    const int at = axis_of("repeat", axis, x.rank());
    check_count("repeat", count);
    Shape shape = x.shape();
    const std::int64_t outer = product(shape, 0, at + 1), inner = product(shape, at + 1, shape.rank());
    shape[at] *= count;
    return repeat_between(x, outer, inner, count, shape);
}

}  // namespace cotangent
