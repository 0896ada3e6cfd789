#include "cotangent/tensor/ops/slice.hpp"

#include <algorithm>
#include <array>

#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// Resolved slices: index i of the part is index start + i * step of the whole.
struct Part {
    Shape whole, shape;
    std::array<std::int64_t, Shape::max_rank> start{}, step{};

    /// Where the part lies in memory of the whole: strides, and the first element.
    [[nodiscard]] std::pair<detail::Strides, std::int64_t> place() const {
        detail::Strides strides = detail::dense_strides(whole);
        std::int64_t first = 0;
        for (int axis = 0; axis < whole.rank(); ++axis) {
            first += start[axis] * strides[axis];
            strides[axis] *= step[axis];
        }
        return {strides, first};
    }
    /// One piece of memory: whole axes behind one contiguous range behind axes of length 1.
    [[nodiscard]] bool is_contiguous() const {
        bool whole_below = true;
        for (int axis = whole.rank() - 1; axis >= 0; --axis) {
            if (shape[axis] != 1 && (step[axis] != 1 || !whole_below)) return false;
            whole_below = whole_below && shape[axis] == whole[axis];
        }
        return true;
    }
};

Tensor take_part(const Tensor& x, const Part& part);
Tensor put_part(const Tensor& x, const Part& part);

struct SliceOp {
    static constexpr const char* name = "slice";
    static constexpr Keep keep = Keep::nothing;
    Part part;
    void vjp(const Call& call) const { call.give(0, put_part(call.cotangent(), part)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return take_part(call.tangent(0), part); }
};

/// The transpose of slice: zeros with x in the place of the part.
struct PutPart {
    static constexpr const char* name = "slice_transpose";
    static constexpr Keep keep = Keep::nothing;
    Part part;
    void vjp(const Call& call) const { call.give(0, take_part(call.cotangent(), part)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return put_part(call.tangent(0), part); }
};

Tensor take_part(const Tensor& x, const Part& part) {
    const auto [strides, first] = part.place();
    if (part.shape.size() == 0) return record(SliceOp{part}, Tensor::uninitialized(part.shape, x.dtype()), x);
    if (part.is_contiguous()) return record(SliceOp{part}, x.view(part.shape, first), x);
    Tensor out = detail::traced(
        {"slice", 0},
        [part](const Tensor& in) {
            Tensor taken = Tensor::uninitialized(part.shape, in.dtype());
            const std::size_t size = size_of(in.dtype());
            const auto [from, start] = part.place();
            detail::strided_copy(part.shape, size, taken.fresh_data<std::byte>(), detail::dense_strides(part.shape),
                                 in.raw() + start * static_cast<std::int64_t>(size), from);
            return taken;
        },
        x);
    return record(SliceOp{part}, std::move(out), x);
}

Tensor put_part(const Tensor& x, const Part& part) {
    const auto run = [part](const Tensor& in) {
        Tensor out = zeros(part.whole, in.dtype());
        const auto [strides, first] = part.place();
        const std::size_t size = size_of(in.dtype());
        if (in.size() > 0)
            detail::strided_copy(part.shape, size, out.fresh_data<std::byte>() + first * static_cast<std::int64_t>(size), strides,
                                 in.raw(), detail::dense_strides(part.shape));
        return out;
    };
    if (!detail::is_tracing()) [[likely]] return record(PutPart{part}, run(x), x);
    detail::Operation operation = detail::operation_of<0, 1>({PutPart::name, 0}, run);
    if (part.is_contiguous()) {
        operation.kind = detail::Operation::Kind::place;
        operation.first = {part.place().second};
    }
    const Tensor* input = &x;
    Tensor out;
    trace_call(std::move(operation), {&input, 1}, {&out, 1});
    return record(PutPart{part}, std::move(out), x);
}

void resolve(Part& part, int axis, const Slice& slice) {
    if (slice.step == 0) throw ValueError(fmt::format("slice: step of axis {} is 0, expected another number", axis));
    const std::int64_t length = part.whole[axis];
    const std::int64_t low = slice.step > 0 ? 0 : -1, high = slice.step > 0 ? length : length - 1;
    const auto clamped = [&](std::int64_t index) { return std::clamp(index < 0 ? index + length : index, low, high); };
    const std::int64_t start = slice.start ? clamped(*slice.start) : slice.step > 0 ? low : high;
    const std::int64_t stop = slice.stop ? clamped(*slice.stop) : slice.step > 0 ? high : low;
    const std::int64_t distance = slice.step > 0 ? stop - start : start - stop;
    const std::int64_t step = slice.step > 0 ? slice.step : -slice.step;
    part.start[axis] = start;
    part.step[axis] = slice.step;
    part.shape[axis] = distance <= 0 ? 0 : (distance - 1) / step + 1;
}

}  // namespace

Tensor slice(const Tensor& x, std::span<const Slice> slices) {
    if (static_cast<int>(slices.size()) > x.rank())
        throw ShapeError(fmt::format("slice: got {} slices, expected at most {} for shape {}", slices.size(), x.rank(),
                                     to_string(x.shape())));
    Part part;
    part.whole = part.shape = x.shape();
    for (int axis = 0; axis < x.rank(); ++axis)
        resolve(part, axis, axis < static_cast<int>(slices.size()) ? slices[static_cast<std::size_t>(axis)] : Slice{});
    return take_part(x, part);
}

Tensor slice(const Tensor& x, std::initializer_list<Slice> slices) { return slice(x, std::span(slices.begin(), slices.size())); }

Tensor slice_axis(const Tensor& x, int axis, std::int64_t first, std::int64_t last) {
    std::array<Slice, Shape::max_rank> slices;
    const int at = axis_of("slice_axis", axis, x.rank());
    slices[at] = {.start = first, .stop = last};
    return slice(x, std::span(slices.data(), static_cast<std::size_t>(at) + 1));
}

Tensor row(const Tensor& x, std::int64_t i) {
    if (x.rank() == 0) throw ShapeError("row: x is a scalar, expected at least one axis");
    const std::int64_t length = x.shape()[0];
    if (i < -length || i >= length)
        throw ValueError(fmt::format("row: i is {}, expected {} to {} for shape {}", i, -length, length - 1, to_string(x.shape())));
    const std::int64_t at = i < 0 ? i + length : i;
    Shape shape = x.shape();
    shape.erase(0);
    return reshape(slice_axis(x, 0, at, at + 1), shape);
}

Tensor flip(const Tensor& x, std::span<const int> axes) {
    std::array<Slice, Shape::max_rank> slices;
    for (const int axis : axes) slices[axis_of("flip", axis, x.rank())].step = -1;
    return slice(x, std::span(slices.data(), static_cast<std::size_t>(x.rank())));
}

Tensor flip(const Tensor& x, std::initializer_list<int> axes) { return flip(x, std::span(axes.begin(), axes.size())); }

}  // namespace cotangent
