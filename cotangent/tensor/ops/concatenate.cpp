#include "cotangent/tensor/ops/concatenate.hpp"

#include <algorithm>
#include <numeric>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record_all, detail::record_outputs;

struct Concatenate {
    static constexpr const char* name = "concatenate";
    static constexpr Keep keep = Keep::nothing;
    int axis;
    void vjp(const Call& call) const {
        std::int64_t first = 0;
        for (int i = 0; i < call.input_count(); ++i) {
            const std::int64_t last = first + call.input(i).shape()[axis];
            if (call.wants(i)) call.give(i, slice_axis(call.cotangent(), axis, first, last));
            first = last;
        }
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        std::vector<Tensor> tangents;
        for (int i = 0; i < call.input_count(); ++i) tangents.push_back(call.tangent(i));
        return concatenate(tangents, axis);
    }
};

struct Split {
    static constexpr const char* name = "split";
    static constexpr Keep keep = Keep::nothing;
    std::vector<std::int64_t> lengths;
    int axis;
    void vjp(const Call& call) const {
        std::vector<Tensor> cotangents;
        for (std::size_t k = 0; k < lengths.size(); ++k) {
            const Tensor& cotangent = call.cotangent(static_cast<int>(k));
            Shape shape = call.input(0).shape();
            shape[axis] = lengths[k];
            cotangents.push_back(cotangent.has_storage() ? cotangent : zeros(shape, call.input(0).dtype()));
        }
        call.give(0, concatenate(cotangents, axis));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return split(call.tangent(0), lengths, axis); }
};

/// Copies `part` to or from its place along `axis` of a contiguous whole.
void copy_part(Tensor& whole, const Tensor& part, int axis, std::int64_t first) {
    const detail::Strides strides = detail::dense_strides(whole.shape());
    const std::size_t size = size_of(whole.dtype());
    detail::strided_copy(part.shape(), size,
                         whole.fresh_data<std::byte>() + first * strides[axis] * static_cast<std::int64_t>(size), strides,
                         part.raw(), detail::dense_strides(part.shape()));
}

Tensor join_now(std::span<const Tensor> parts, const Shape& shape, int axis) {
    Tensor out = Tensor::uninitialized(shape, parts[0].dtype());
    std::int64_t first = 0;
    for (const Tensor& part : parts) {
        if (!part.is_empty()) copy_part(out, part, axis, first);
        first += part.shape()[axis];
    }
    return out;
}

Tensor join(std::span<const Tensor> parts, const Shape& shape, int axis) {
    const auto run = [shape, axis](std::span<const Tensor> in) { return join_now(in, shape, axis); };
    if (!detail::is_tracing()) [[likely]] return run(parts);
    detail::Operation operation;
    operation.name = "concatenate";
    operation.flops = 0;
    operation.run = [run](std::span<const Tensor> in, std::span<Tensor> out) { out[0] = run(in); };
    identify(operation, run);
    // One part behind the other in memory: no axis before `axis` is longer than 1.
    if (std::all_of(shape.begin(), shape.begin() + axis, [](std::int64_t length) { return length == 1; }))
        operation.kind = detail::Operation::Kind::join;
    std::vector<const Tensor*> inputs;
    for (const Tensor& part : parts) inputs.push_back(&part);
    Tensor out;
    trace_call(std::move(operation), inputs, {&out, 1});
    return out;
}

}  // namespace

Tensor concatenate(std::span<const Tensor> parts, int axis) {
    if (parts.empty()) throw ShapeError("concatenate: got no parts, expected at least one");
    Shape shape = parts[0].shape();
    const int at = axis_of("concatenate", axis, shape.rank());
    for (std::size_t k = 1; k < parts.size(); ++k) {
        detail::check_same_dtype("concatenate", parts[0].dtype(), parts[k].dtype());
        Shape expected = parts[k].shape();
        if (expected.rank() == shape.rank()) expected[at] = shape[at];
        if (expected != shape)
            throw ShapeError(fmt::format("concatenate: part {} has shape {}, expected {} but for axis {}", k,
                                         to_string(parts[k].shape()), to_string(parts[0].shape()), at));
        shape[at] += parts[k].shape()[at];
    }
    return record_all(Concatenate{at}, join(parts, shape, at), parts);
}

Tensor concatenate(std::initializer_list<Tensor> parts, int axis) {
    return concatenate(std::span(parts.begin(), parts.size()), axis);
}

Tensor stack(std::span<const Tensor> parts, int axis) {
    if (parts.empty()) throw ShapeError("stack: got no parts, expected at least one");
    std::vector<Tensor> expanded;
    expanded.reserve(parts.size());
    const int at = axis_of("stack", axis, parts[0].rank() + 1);
    for (std::size_t k = 0; k < parts.size(); ++k) {
        if (parts[k].shape() != parts[0].shape())
            throw ShapeError(fmt::format("stack: part {} has shape {}, expected {}", k, to_string(parts[k].shape()),
                                         to_string(parts[0].shape())));
        expanded.push_back(expand_dims(parts[k], at));
    }
    return concatenate(expanded, at);
}

Tensor stack(std::initializer_list<Tensor> parts, int axis) { return stack(std::span(parts.begin(), parts.size()), axis); }

std::vector<Tensor> split(const Tensor& x, std::span<const std::int64_t> lengths, int axis) {
    const int at = axis_of("split", axis, x.rank());
    if (lengths.empty() || std::any_of(lengths.begin(), lengths.end(), [](auto length) { return length < 0; }) ||
        std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) != x.shape()[at])
        throw ShapeError(fmt::format("split: lengths are [{}], expected a sum of {} for axis {} of {}", fmt::join(lengths, ", "),
                                     x.shape()[at], at, to_string(x.shape())));
    std::vector<Tensor> parts;
    {
        const detail::PauseRecording pause;  // the whole cut is one record, not one a part
        std::int64_t first = 0;
        for (const std::int64_t length : lengths) {
            parts.push_back(slice_axis(x, at, first, first + length).detached());
            first += length;
        }
    }
    record_outputs(Split{{lengths.begin(), lengths.end()}, at}, parts, {&x, 1});
    return parts;
}

std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> lengths, int axis) {
    return split(x, std::span(lengths.begin(), lengths.size()), axis);
}

std::vector<Tensor> split(const Tensor& x, int count, int axis) {
    const int at = axis_of("split", axis, x.rank());
    if (count < 1 || x.shape()[at] % count != 0)
        throw ShapeError(fmt::format("split: count is {}, expected a divisor of {} for axis {} of {}", count, x.shape()[at], at,
                                     to_string(x.shape())));
    return split(x, std::vector<std::int64_t>(static_cast<std::size_t>(count), x.shape()[at] / count), at);
}

}  // namespace cotangent
