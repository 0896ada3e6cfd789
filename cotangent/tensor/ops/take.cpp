#include "cotangent/tensor/ops/take.hpp"

#include <algorithm>
#include <vector>

#include "cotangent/tensor/kernels/axis_view.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::AxisView, detail::Call, detail::Keep, detail::record;

constexpr std::int64_t grain = 32768;      // elements a thread takes at a time
constexpr std::int64_t column_block = 64;  // columns of updates that one thread adds

/// The indices as 0 <= index < length.
std::vector<std::int64_t> resolve(const char* op, const Tensor& indices, std::int64_t length, const std::string& of_what) {
    std::vector<std::int64_t> result(static_cast<std::size_t>(indices.size()));
    const auto read = [&](const auto* from) {
        for (std::size_t k = 0; k < result.size(); ++k) {
            const std::int64_t index = from[k];
            if (index < -length || index >= length)
                throw ValueError(fmt::format("{}: index is {}, expected {} to {} for {}", op, index, -length, length - 1, of_what));
            result[k] = index < 0 ? index + length : index;
        }
    };
    if (indices.dtype() == Dtype::int64) read(indices.data<std::int64_t>());
    else if (indices.dtype() == Dtype::int32) read(indices.data<std::int32_t>());
    else detail::throw_dtype(op, indices.dtype(), "int32 or int64 for indices");
    return result;
}

std::vector<std::int64_t> resolve(const char* op, const Tensor& indices, const Shape& shape, const AxisView& view) {
    return resolve(op, indices, view.length, fmt::format("axis {} of {}", view.axis, to_string(shape)));
}

struct Take {
    static constexpr const char* name = "take";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    int axis;
    void vjp(const Call& call) const {
        const Tensor& x = call.input(0);
        call.give(0, scatter_add(zeros(x.shape(), x.dtype()), indices, call.cotangent(), axis));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return take(call.tangent(0), indices, axis); }
};

struct ScatterAdd {
    static constexpr const char* name = "scatter_add";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    int axis;
    void vjp(const Call& call) const {
        call.give(0, call.cotangent());
        if (call.wants(1)) call.give(1, take(call.cotangent(), indices, axis));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return scatter_add(call.tangent(0), indices, call.tangent(1), axis); }
};

Tensor add_along_axis(const Tensor& updates, const Tensor& indices, int axis, const Shape& shape);

struct TakeAlongAxis {
    static constexpr const char* name = "take_along_axis";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    int axis;
    void vjp(const Call& call) const {
        call.give(0, add_along_axis(call.cotangent(), indices, axis, call.input(0).shape()));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return take_along_axis(call.tangent(0), indices, axis); }
};

/// The transpose of take_along_axis.
struct AddAlongAxis {
    static constexpr const char* name = "take_along_axis_transpose";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    int axis;
    Shape shape;
    void vjp(const Call& call) const { call.give(0, take_along_axis(call.cotangent(), indices, axis)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return add_along_axis(call.tangent(0), indices, axis, shape); }
};

Shape taken_shape(const Shape& x, const Shape& indices, int axis) {
    Shape shape;
    for (int k = 0; k < axis; ++k) shape.push_back(x[k]);
    for (const std::int64_t length : indices) shape.push_back(length);
    for (int k = axis + 1; k < x.rank(); ++k) shape.push_back(x[k]);
    return shape;
}

/// Calls `f(outer, first column, last column)` for blocks of columns; a block belongs to one thread, so
/// what several indices add to one place is added in their order.
template <class F>
void for_column_blocks(const AxisView& view, std::int64_t count, F&& f) {
    const std::int64_t blocks = (view.inner + column_block - 1) / column_block;
    const std::int64_t unit = std::max<std::int64_t>(1, count * std::min(view.inner, column_block));
    parallel_for(view.outer * blocks, std::max<std::int64_t>(1, grain / unit), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            const std::int64_t column = i % blocks * column_block;
            f(i / blocks, column, std::min(view.inner, column + column_block));
        }
    });
}

/// Calls `f(place in indices, place in the tensor that they index)` for each index along an axis, by column blocks.
template <class F>
void for_indices_along(const AxisView& view, std::int64_t count, const std::vector<std::int64_t>& indices, F&& f) {
    for_column_blocks(view, count, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
        for (std::int64_t j = 0; j < count; ++j)
            for (std::int64_t k = first; k < last; ++k) {
                const std::int64_t at = (o * count + j) * view.inner + k;
                f(at, (o * view.length + indices[static_cast<std::size_t>(at)]) * view.inner + k);
            }
    });
}

Tensor add_along_axis_now(const Tensor& updates, const Tensor& indices, int axis, const Shape& shape) {
    if (updates.dtype() == Dtype::bfloat16)
        return cast(add_along_axis_now(cast(updates, Dtype::float32), indices, axis, shape), Dtype::bfloat16);
    Tensor out = zeros(shape, updates.dtype());
    const AxisView view("take_along_axis", shape, axis);
    const auto resolved = resolve("take_along_axis", indices, shape, view);
    const std::int64_t count = indices.shape()[view.axis];
    dispatch(updates.dtype(), [&]<class T>(T) {
        if constexpr (std::is_floating_point_v<T>) {
            const T* from = updates.data<T>();
            T* to = out.fresh_data<T>();
            for_indices_along(view, count, resolved, [&](std::int64_t at, std::int64_t there) { to[there] += from[at]; });
        }
    });
    return out;
}

/// Calls f with an unsigned integer of the size of an element: what only moves elements needs one loop a size.
template <class F>
void dispatch_size(Dtype dtype, F&& f) {
    switch (size_of(dtype)) {
        case 1: return f(std::uint8_t{});
        case 2: return f(std::uint16_t{});
        case 4: return f(std::uint32_t{});
        default: return f(std::uint64_t{});
    }
}

Tensor take_now(const Tensor& x, const Tensor& indices, int axis) {
    const AxisView view("take", x.shape(), axis);
    const auto resolved = resolve("take", indices, x.shape(), view);
    const auto count = indices.size();
    Tensor out = Tensor::uninitialized(taken_shape(x.shape(), indices.shape(), view.axis), x.dtype());
    dispatch_size(x.dtype(), [&]<class T>(T) {
        const T* from = x.data<T>();
        T* to = out.fresh_data<T>();
        const std::int64_t rows_at_once = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, view.inner));
        parallel_for(view.outer * count, rows_at_once, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const std::int64_t row = i / count * view.length + resolved[static_cast<std::size_t>(i % count)];
                std::copy_n(from + row * view.inner, view.inner, to + i * view.inner);
            }
        });
    });
    return out;
}

Tensor scatter_add_now(const Tensor& x, const Tensor& indices, const Tensor& updates, int axis) {
    const AxisView view("scatter_add", x.shape(), axis);
    detail::check_same_dtype("scatter_add", x.dtype(), updates.dtype());
    const Shape expected = taken_shape(x.shape(), indices.shape(), view.axis);
    if (updates.shape() != expected)
        throw ShapeError(fmt::format("scatter_add: updates have shape {}, expected {} for indices {} along axis {} of {}",
                                     to_string(updates.shape()), to_string(expected), to_string(indices.shape()), view.axis,
                                     to_string(x.shape())));
    if (x.dtype() == Dtype::bfloat16)
        return cast(scatter_add_now(cast(x, Dtype::float32), indices, cast(updates, Dtype::float32), axis), Dtype::bfloat16);
    const auto resolved = resolve("scatter_add", indices, x.shape(), view);
    const auto count = indices.size();
    Tensor out = x.detached();
    std::byte* memory = out.mutable_raw();
    dispatch(x.dtype(), [&]<class T>(T) {
        if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
            const T* from = updates.data<T>();
            T* to = reinterpret_cast<T*>(memory);
            for_column_blocks(view, count, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
                for (std::int64_t j = 0; j < count; ++j) {
                    const T* update = from + (o * count + j) * view.inner;
                    T* target = to + (o * view.length + resolved[static_cast<std::size_t>(j)]) * view.inner;
                    for (std::int64_t k = first; k < last; ++k) target[k] = static_cast<T>(target[k] + update[k]);
                }
            });
        } else detail::throw_dtype("scatter_add", x.dtype(), "a numeric dtype");
    });
    return out;
}

Tensor take_along_axis_now(const Tensor& x, const Tensor& indices, int axis) {
    const AxisView view("take_along_axis", x.shape(), axis);
    Shape expected = x.shape();
    if (indices.rank() == x.rank()) expected[view.axis] = indices.shape()[view.axis];
    if (indices.shape() != expected)
        throw ShapeError(fmt::format("take_along_axis: indices have shape {}, expected {} but for axis {}",
                                     to_string(indices.shape()), to_string(x.shape()), view.axis));
    const auto resolved = resolve("take_along_axis", indices, x.shape(), view);
    const std::int64_t count = indices.shape()[view.axis];
    Tensor out = Tensor::uninitialized(indices.shape(), x.dtype());
    dispatch_size(x.dtype(), [&]<class T>(T) {
        const T* from = x.data<T>();
        T* to = out.fresh_data<T>();
        for_indices_along(view, count, resolved, [&](std::int64_t at, std::int64_t there) { to[at] = from[there]; });
    });
    return out;
}

Tensor one_hot_now(const Tensor& indices, std::int64_t depth, Dtype dtype) {
    if (depth < 0) throw ValueError(fmt::format("one_hot: depth is {}, expected 0 or more", depth));
    const auto resolved = resolve("one_hot", indices, depth, fmt::format("depth {}", depth));
    Shape shape = indices.shape();
    shape.push_back(depth);
    Tensor out = zeros(shape, dtype);
    const Tensor one = ones({}, dtype);
    dispatch_size(dtype, [&]<class T>(T) {
        T* to = out.fresh_data<T>();
        for (std::size_t k = 0; k < resolved.size(); ++k)
            to[static_cast<std::int64_t>(k) * depth + resolved[k]] = *one.data<T>();
    });
    return out;
}

Tensor add_along_axis(const Tensor& updates, const Tensor& indices, int axis, const Shape& shape) {
    const auto run = [axis, shape](const Tensor& from, const Tensor& at) { return add_along_axis_now(from, at, axis, shape); };
    return record(AddAlongAxis{indices, axis, shape}, detail::traced(AddAlongAxis::name, run, updates, indices), updates);
}

}  // namespace

Tensor take(const Tensor& x, const Tensor& indices, int axis) {
    const auto run = [axis](const Tensor& from, const Tensor& at) { return take_now(from, at, axis); };
    Tensor out = detail::traced({"take", 0}, run, x, indices);
    return record(Take{indices.detached(), axis_of("take", axis, x.rank())}, std::move(out), x);
}

Tensor scatter_add(const Tensor& x, const Tensor& indices, const Tensor& updates, int axis) {
    const auto run = [axis](const Tensor& to, const Tensor& at, const Tensor& from) { return scatter_add_now(to, at, from, axis); };
    Tensor out = detail::traced({"scatter_add", static_cast<double>(updates.size())}, run, x, indices, updates);
    return record(ScatterAdd{indices.detached(), axis_of("scatter_add", axis, x.rank())}, std::move(out), x, updates);
}

Tensor take_along_axis(const Tensor& x, const Tensor& indices, int axis) {
    const auto run = [axis](const Tensor& from, const Tensor& at) { return take_along_axis_now(from, at, axis); };
    Tensor out = detail::traced({"take_along_axis", 0}, run, x, indices);
    return record(TakeAlongAxis{indices.detached(), axis_of("take_along_axis", axis, x.rank())}, std::move(out), x);
}

Tensor one_hot(const Tensor& indices, std::int64_t depth, Dtype dtype) {
    return detail::traced({"one_hot", 0}, [=](const Tensor& at) { return one_hot_now(at, depth, dtype); }, indices);
}

}  // namespace cotangent
