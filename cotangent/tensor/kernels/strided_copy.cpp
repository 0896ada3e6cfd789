// Axes that both sides walk alike are merged first, so most copies end as rows of memcpy. Where the rows of the result
// run across the rows of the source, tiles of one vector register a row are transposed in registers, so that both
// sides touch whole cache lines.
#include "cotangent/tensor/kernels/strided_copy.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cotangent/tensor/kernels/transpose_block.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

constexpr std::int64_t grain = 32768;  // elements a thread takes at a time
constexpr std::int64_t block = 64;     // rows and columns between which a transposition stays in the first cache

struct Axis {
    std::int64_t length = 1, to = 0, from = 0;
};

/// The axes outermost first, without those of length 1, neighbours merged.
struct Axes {
    std::array<Axis, Shape::max_rank> axis{};
    int count = 0;

    Axes(const Shape& shape, const Strides& to, const Strides& from) {
        for (int k = 0; k < shape.rank(); ++k) {
            if (shape[k] == 1) continue;
            const Axis next{shape[k], to[k], from[k]};
            if (count > 0 && axis[count - 1].to == next.to * next.length && axis[count - 1].from == next.from * next.length)
                axis[count - 1] = {axis[count - 1].length * next.length, next.to, next.from};
            else axis[count++] = next;
        }
    }
    Axis remove(int k) {
        const Axis removed = axis[k];
        std::copy(axis.begin() + k + 1, axis.begin() + count, axis.begin() + k);
        --count;
        return removed;
    }
};

template <class T>
void copy_row(T* to, std::int64_t to_step, const T* from, std::int64_t from_step, std::int64_t count) {
    if (to_step == 1 && from_step == 1) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
    else if (to_step == 1 && from_step == 0) std::fill_n(to, count, *from);
    else
        for (std::int64_t k = 0; k < count; ++k) to[k * to_step] = from[k * from_step];
}

template <class T>
void copy(Axes axes, T* to, const T* from) {
    if (axes.count == 0) {
        *to = *from;
        return;
    }
    const Axis inner = axes.remove(axes.count - 1);
    if (axes.count == 0) {
        parallel_for(inner.length, grain, [&](std::int64_t first, std::int64_t last) {
            copy_row(to + first * inner.to, inner.to, from + first * inner.from, inner.from, last - first);
        });
        return;
    }
    int across = -1;  // the axis along which the source is contiguous, if it is not the inner one
    if (inner.to == 1 && inner.from != 1 && inner.length >= 4)
        for (int k = 0; k < axes.count; ++k)
            if (axes.axis[k].from == 1 && axes.axis[k].length >= 4) across = k;
    const Axis rows = axes.remove(across >= 0 ? across : axes.count - 1);

    std::int64_t unit_rows = std::max<std::int64_t>(1, grain / inner.length);
    unit_rows = std::min(rows.length, (unit_rows + block - 1) / block * block);
    const std::int64_t units_of_rows = (rows.length + unit_rows - 1) / unit_rows;
    std::int64_t units = units_of_rows;
    for (int k = 0; k < axes.count; ++k) units *= axes.axis[k].length;
    const std::int64_t units_at_once = std::max<std::int64_t>(1, grain / (unit_rows * inner.length));
    parallel_for(units, units_at_once, [&](std::int64_t first_unit, std::int64_t last_unit) {
        for (std::int64_t unit = first_unit; unit < last_unit; ++unit) {
            const std::int64_t first = unit % units_of_rows * unit_rows, last = std::min(rows.length, first + unit_rows);
            std::int64_t outer = unit / units_of_rows;
            T* target = to;
            const T* source = from;
            for (int k = axes.count - 1; k >= 0; --k) {
                const std::int64_t at = outer % axes.axis[k].length;
                outer /= axes.axis[k].length;
                target += at * axes.axis[k].to;
                source += at * axes.axis[k].from;
            }
            if (across >= 0) {
                for (std::int64_t i = first; i < last; i += block)
                    for (std::int64_t j = 0; j < inner.length; j += block)
                        transpose_block(target + i * rows.to + j, rows.to, source + i + j * inner.from, inner.from,
                                        std::min(block, last - i), std::min(block, inner.length - j));
                continue;
            }
            for (std::int64_t i = first; i < last; ++i)
                copy_row(target + i * rows.to, inner.to, source + i * rows.from, inner.from, inner.length);
        }
    });
}

}  // namespace

Strides dense_strides(const Shape& shape) {
    Strides strides{};
    std::int64_t stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        strides[axis] = stride;
        stride *= shape[axis];
    }
    return strides;
}

void strided_copy(const Shape& shape, std::size_t element_size, std::byte* to, const Strides& to_strides,
                  const std::byte* from, const Strides& from_strides) {
    if (shape.size() == 0) return;
    const Axes axes(shape, to_strides, from_strides);
    const auto as = [&]<class T>(T) { copy(axes, reinterpret_cast<T*>(to), reinterpret_cast<const T*>(from)); };
    switch (element_size) {
        case 1: return as(std::uint8_t{});
        case 2: return as(std::uint16_t{});
        case 4: return as(std::uint32_t{});
        default: return as(std::uint64_t{});
    }
}

}  // namespace cotangent::detail
