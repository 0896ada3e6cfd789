#include "cotangent/tensor/ops/pool.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// One axis of the windows.
struct Windows {
    std::int64_t length, kernel, stride, padding, count;

    [[nodiscard]] std::int64_t start(std::int64_t i) const { return i * stride - padding; }
    /// The windows [first, last) whose element `u` is inside the image.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> inside(std::int64_t u) const {
        const std::int64_t first = std::max<std::int64_t>(0, (padding - u + stride - 1) / stride);
        const std::int64_t last = length + padding - u <= 0 ? 0 : (length + padding - u - 1) / stride + 1;
        return {std::min(first, count), std::max(std::min(first, count), std::min(last, count))};
    }
    [[nodiscard]] std::int64_t first_inside(std::int64_t i) const { return std::max<std::int64_t>(0, start(i)); }
    /// What the mean of window i divides by.
    [[nodiscard]] std::int64_t counted(std::int64_t i, bool include_padding) const {
        if (include_padding) return std::min(start(i) + kernel, length + padding) - start(i);
        return std::min(start(i) + kernel, length) - first_inside(i);
    }
};

struct Pool {
    Windows rows, columns;
    [[nodiscard]] std::int64_t image_size() const { return rows.length * columns.length; }
    [[nodiscard]] std::int64_t out_size() const { return rows.count * columns.count; }
};

template <class Options>
Pool pool_of(const char* op, const Tensor& images, const Options& options) {
    if (!is_floating(images.dtype())) detail::throw_dtype(op, images.dtype(), "a floating dtype");
    if (images.rank() != 4)
        throw ShapeError(fmt::format("{}: images have shape {}, expected [N, C, H, W]", op, to_string(images.shape())));
    const auto axis = [&](std::int64_t length, int kernel, int stride, int padding) {
        if (stride == 0) stride = kernel;
        if (kernel < 1 || stride < 1 || padding < 0 || padding > kernel / 2)
            throw ValueError(fmt::format("{}: kernel, stride and padding are {}, {} and {}, expected kernel and stride of at least 1 and "
                                         "padding of 0 to half the kernel", op, kernel, stride, padding));
        const std::int64_t room = length + 2 * padding - kernel;
        if (room < 0 || length < 1)
            throw ShapeError(fmt::format("{}: images have shape {}, expected sides of at least {} for kernel {} and padding {}", op,
                                         to_string(images.shape()), kernel - 2 * padding, kernel, padding));
        std::int64_t count = (room + (options.ceil_mode ? stride - 1 : 0)) / stride + 1;
        if ((count - 1) * stride >= length + padding) --count;  // a window must start inside
        return Windows{length, kernel, stride, padding, count};
    };
    return {axis(images.shape()[2], options.kernel.height, options.stride.height, options.padding.height),
            axis(images.shape()[3], options.kernel.width, options.stride.width, options.padding.width)};
}

Shape shape_with(const Tensor& images, std::int64_t height, std::int64_t width) {
    return {images.shape()[0], images.shape()[1], height, width};
}

/// Calls f(plane) for each of the N C images of one channel.
template <class F>
void for_planes(const Tensor& images, std::int64_t plane_size, const F& f) {
    const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, plane_size));
    parallel_for(images.shape()[0] * images.shape()[1], grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t plane = first; plane < last; ++plane) f(plane);
    });
}

/// Calls f with the stride as a constant where that lets the compiler vectorise.
template <class F>
void with_stride(std::int64_t stride, const F& f) {
    if (stride == 1) f(std::integral_constant<std::int64_t, 1>{});
    else if (stride == 2) f(std::integral_constant<std::int64_t, 2>{});
    else f(stride);
}

/// The windows of one image of one channel: an output row at a time, one element of its windows after the other.
template <class T, class Stride>
void max_plane(const Pool& p, Stride stride, const T* from, T* to, std::int32_t* indices) {
    for (std::int64_t i = 0; i < p.rows.count; ++i, to += p.columns.count, indices += p.columns.count) {
        const std::int64_t top = p.rows.first_inside(i), bottom = std::min(p.rows.start(i) + p.rows.kernel, p.rows.length);
        for (std::int64_t j = 0; j < p.columns.count; ++j) {
            indices[j] = static_cast<std::int32_t>(top * p.columns.length + p.columns.first_inside(j));
            to[j] = from[indices[j]];
        }
        for (std::int64_t row = top; row < bottom; ++row)
            for (std::int64_t v = 0; v < p.columns.kernel; ++v) {
                const auto [first, last] = p.columns.inside(v);
                const T* line = from + row * p.columns.length + v - p.columns.padding;
                const auto base = static_cast<std::int32_t>(row * p.columns.length + v - p.columns.padding);
                const auto step = static_cast<std::int32_t>(static_cast<std::int64_t>(stride));
                for (std::int64_t j = first; j < last; ++j) {
                    const T value = line[j * stride], best = to[j];
                    const bool better = (value > best) | ((value != value) & (best == best));
                    to[j] = better ? value : best;
                    indices[j] = better ? base + static_cast<std::int32_t>(j) * step : indices[j];
                }
            }
    }
}

/// The even lanes of a followed by those of b, or the odd ones.
template <int odd, class T>
Lanes<T> every_second(Lanes<T> a, Lanes<T> b) {
    return [&]<int... k>(std::integer_sequence<int, k...>) -> Lanes<T> {
        return __builtin_shufflevector(a.v, b.v, (2 * k + odd)...);
    }(std::make_integer_sequence<int, Lanes<T>::count>{});
}

/// 2 x 2 windows in steps of 2 without padding, a register of them: from two rows of pixels.
template <class T>
void max_2x2(const T* upper, const T* lower, std::int32_t at, std::int32_t width, T* to, std::int32_t* indices) {
    using L = Lanes<T>;
    using I = typename Lanes<T>::IntegerVector;
    const L a = L::load(upper), b = L::load(upper + L::count), c = L::load(lower), d = L::load(lower + L::count);
    L best = every_second<0>(a, b);
    I offset{};
    const auto consider = [&](L value, std::int32_t where) {
        const Mask<T> better = value > best || (value != value && best == best);
        best = select(better, value, best);
        offset = better.m ? I{} + where : offset;
    };
    consider(every_second<1>(a, b), 1);
    consider(every_second<0>(c, d), width);
    consider(every_second<1>(c, d), width + 1);
    best.store(to);
    for (int k = 0; k < L::count; ++k) indices[k] = at + 2 * k + static_cast<std::int32_t>(offset[k]);
}

/// Registers may reach beyond a row, into pixels that are not used and results that come later; not beyond the plane.
template <class T>
void max_plane_2x2(const Pool& p, const T* from, T* to, std::int32_t* indices) {
    constexpr std::int64_t lanes = Lanes<T>::count;
    const std::int64_t width = p.columns.length, count = p.columns.count;
    for (std::int64_t i = 0; i < p.rows.count; ++i)
        for (std::int64_t j = 0; j < count; j += lanes) {
            const std::int64_t upper = 2 * i * width + 2 * j, lower = upper + width, out = i * count + j;
            const auto at = static_cast<std::int32_t>(upper), down = static_cast<std::int32_t>(width);
            if (lower + 2 * lanes <= p.image_size() && out + lanes <= p.out_size()) {
                max_2x2(from + upper, from + lower, at, down, to + out, indices + out);
                continue;
            }
            T above[2 * lanes], below[2 * lanes], best[lanes];
            std::int32_t where[lanes];
            const std::int64_t here = std::min(lanes, count - j), low = std::min(lanes, 2 * here), high = 2 * here - low;
            for (const auto& [source, copy] : {std::pair{from + upper, above}, std::pair{from + lower, below}}) {
                Lanes<T>::load_part(source, low).store(copy);
                Lanes<T>::load_part(source + low, high).store(copy + lanes);
            }
            max_2x2(above, below, at, down, best, where);
            Lanes<T>::load(best).store_part(to + out, here);
            for (std::int64_t k = 0; k < here; ++k) indices[out + k] = where[k];
        }
}

// Where the largest values are is fixed, so that max_pool2d is one linear map near its input: it picks pixels. The
// transpose puts them back and adds where windows overlap.
Tensor pick(const Tensor& images, const Tensor& indices);
Tensor put_back(const Tensor& values, const Tensor& indices, const Shape& shape);

struct MaxPool2d {
    static constexpr const char* name = "max_pool2d";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    void vjp(const Call& call) const { call.give(0, put_back(call.cotangent(), indices, call.input(0).shape())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return pick(call.tangent(0), indices); }
};

struct PutBack {
    static constexpr const char* name = "max_pool2d_gradient";
    static constexpr Keep keep = Keep::nothing;
    Tensor indices;
    Shape shape;
    void vjp(const Call& call) const { call.give(0, pick(call.cotangent(), indices)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return put_back(call.tangent(0), indices, shape); }
};

Tensor pick_now(const Tensor& images, const Tensor& indices) {
    Tensor out = Tensor::uninitialized(indices.shape(), images.dtype());
    const std::int64_t from_size = images.shape()[2] * images.shape()[3], to_size = indices.shape()[2] * indices.shape()[3];
    dispatch(images.dtype(), [&]<class T>(T) {
        for_planes(images, to_size, [&](std::int64_t plane) {
            const T* from = images.data<T>() + plane * from_size;
            const std::int32_t* at = indices.data<std::int32_t>() + plane * to_size;
            T* to = out.fresh_data<T>() + plane * to_size;
            for (std::int64_t i = 0; i < to_size; ++i) to[i] = from[at[i]];
        });
    });
    return out;
}

Tensor put_back_now(const Tensor& values, const Tensor& indices, const Shape& shape) {
    if (values.dtype() == Dtype::bfloat16) return detail::to_bfloat16(put_back_now(detail::to_float32(values), indices, shape));
    Tensor out = Tensor::uninitialized(shape, values.dtype());
    const std::int64_t to_size = shape[2] * shape[3], from_size = indices.shape()[2] * indices.shape()[3];
    const auto run = [&]<class T>(T) {
        for_planes(values, to_size, [&](std::int64_t plane) {
            const T* from = values.data<T>() + plane * from_size;
            const std::int32_t* at = indices.data<std::int32_t>() + plane * from_size;
            T* to = out.fresh_data<T>() + plane * to_size;
            std::fill_n(to, to_size, T{});
            for (std::int64_t i = 0; i < from_size; ++i) to[at[i]] += from[i];
        });
    };
    dispatch_float(values.dtype(), run);
    return out;
}

Tensor pick(const Tensor& images, const Tensor& indices) {
    return record(MaxPool2d{indices}, detail::traced({"max_pool2d_pick", 0}, pick_now, images, indices), images);
}

Tensor put_back(const Tensor& values, const Tensor& indices, const Shape& shape) {
    Tensor out = detail::traced(
        {PutBack::name, 0}, [shape](const Tensor& from, const Tensor& at) { return put_back_now(from, at, shape); }, values, indices);
    return record(PutBack{indices, shape}, std::move(out), values);
}

/// The mean of windows and its transpose.
template <class T>
void avg_plane(const Pool& p, const std::vector<T>& row_scale, const std::vector<T>& column_scale, const T* from, T* to) {
    with_stride(p.columns.stride, [&](auto stride) {
        for (std::int64_t i = 0; i < p.rows.count; ++i, to += p.columns.count) {
            std::fill_n(to, p.columns.count, T{});
            const std::int64_t bottom = std::min(p.rows.start(i) + p.rows.kernel, p.rows.length);
            for (std::int64_t row = p.rows.first_inside(i); row < bottom; ++row)
                for (std::int64_t v = 0; v < p.columns.kernel; ++v) {
                    const auto [first, last] = p.columns.inside(v);
                    const T* line = from + row * p.columns.length + v - p.columns.padding;
                    for (std::int64_t j = first; j < last; ++j) to[j] += line[j * stride];
                }
            for (std::int64_t j = 0; j < p.columns.count; ++j) to[j] *= row_scale[i] * column_scale[j];
        }
    });
}

template <class T>
void avg_plane_transposed(const Pool& p, const std::vector<T>& row_scale, const std::vector<T>& column_scale, const T* from, T* to) {
    std::fill_n(to, p.image_size(), T{});
    with_stride(p.columns.stride, [&](auto stride) {
        for (std::int64_t i = 0; i < p.rows.count; ++i, from += p.columns.count) {
            const std::int64_t bottom = std::min(p.rows.start(i) + p.rows.kernel, p.rows.length);
            for (std::int64_t row = p.rows.first_inside(i); row < bottom; ++row)
                for (std::int64_t v = 0; v < p.columns.kernel; ++v) {
                    const auto [first, last] = p.columns.inside(v);
                    T* line = to + row * p.columns.length + v - p.columns.padding;
                    for (std::int64_t j = first; j < last; ++j) line[j * stride] += from[j] * row_scale[i] * column_scale[j];
                }
        }
    });
}

Tensor avg_raw(const Pool& p, bool include_padding, bool transposed, const Tensor& x) {
    if (x.dtype() == Dtype::bfloat16) return detail::to_bfloat16(avg_raw(p, include_padding, transposed, detail::to_float32(x)));
    Tensor out = Tensor::uninitialized(transposed ? shape_with(x, p.rows.length, p.columns.length)
                                                  : shape_with(x, p.rows.count, p.columns.count), x.dtype());
    const auto run = [&]<class T>(T) {
        const auto scales = [&](const Windows& windows) {
            std::vector<T> scale;
            for (std::int64_t i = 0; i < windows.count; ++i) scale.push_back(T(1) / static_cast<T>(windows.counted(i, include_padding)));
            return scale;
        };
        const std::vector<T> row_scale = scales(p.rows), column_scale = scales(p.columns);
        for_planes(x, p.image_size(), [&](std::int64_t plane) {
            const std::int64_t image = plane * p.image_size(), window = plane * p.out_size();
            if (transposed) avg_plane_transposed(p, row_scale, column_scale, x.data<T>() + window, out.fresh_data<T>() + image);
            else avg_plane(p, row_scale, column_scale, x.data<T>() + image, out.fresh_data<T>() + window);
        });
    };
    dispatch_float(x.dtype(), run);
    return out;
}

template <bool transposed>
Tensor avg(const Pool& p, bool include_padding, const Tensor& x);

/// A linear map and its transpose, each the other's rule.
template <bool transposed>
struct AvgPool2d {
    static constexpr const char* name = transposed ? "avg_pool2d_gradient" : "avg_pool2d";
    static constexpr Keep keep = Keep::nothing;
    Pool pool;
    bool include_padding;
    void vjp(const Call& call) const { call.give(0, avg<!transposed>(pool, include_padding, call.cotangent())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return avg<transposed>(pool, include_padding, call.tangent(0)); }
};

template <bool transposed>
Tensor avg(const Pool& p, bool include_padding, const Tensor& x) {
    const auto run = [p, include_padding](const Tensor& in) { return avg_raw(p, include_padding, transposed, in); };
    return record(AvgPool2d<transposed>{p, include_padding}, detail::traced(AvgPool2d<transposed>::name, run, x), x);
}

/// The largest of each window, and where it lies.
std::array<Tensor, 2> max_now(const Pool& p, const Tensor& images) {
    const Tensor x = images.dtype() == Dtype::bfloat16 ? detail::to_float32(images) : images.detached();
    const Shape shape = shape_with(images, p.rows.count, p.columns.count);
    Tensor out = Tensor::uninitialized(shape, x.dtype()), indices = Tensor::uninitialized(shape, Dtype::int32);
    const bool quick = p.rows.kernel == 2 && p.columns.kernel == 2 && p.rows.stride == 2 && p.columns.stride == 2 &&
                       2 * p.rows.count <= p.rows.length && 2 * p.columns.count <= p.columns.length && p.rows.padding == 0 &&
                       p.columns.padding == 0;
    const auto run = [&]<class T>(T) {
        for_planes(x, p.image_size(), [&](std::int64_t plane) {
            const T* from = x.data<T>() + plane * p.image_size();
            T* to = out.fresh_data<T>() + plane * p.out_size();
            std::int32_t* at = indices.fresh_data<std::int32_t>() + plane * p.out_size();
            if (quick) max_plane_2x2(p, from, to, at);
            else with_stride(p.columns.stride, [&](auto stride) { max_plane(p, stride, from, to, at); });
        });
    };
    dispatch_float(x.dtype(), run);
    if (images.dtype() == Dtype::bfloat16) out = detail::to_bfloat16(out);
    return {std::move(out), std::move(indices)};
}

}  // namespace

Tensor max_pool2d(const Tensor& images, const MaxPool2dOptions& options) {
    const Pool p = pool_of("max_pool2d", images, options);
    if (p.image_size() > std::numeric_limits<std::int32_t>::max())
        throw ShapeError(fmt::format("max_pool2d: images have shape {}, expected sides whose product is below 2^31", to_string(images.shape())));
    auto [out, indices] = detail::traced_outputs<2>("max_pool2d", [p](const Tensor& in) { return max_now(p, in); }, images);
    return record(MaxPool2d{std::move(indices)}, std::move(out), images);
}

Tensor avg_pool2d(const Tensor& images, const AvgPool2dOptions& options) {
    return avg<false>(pool_of("avg_pool2d", images, options), options.count_include_pad, images);
}

}  // namespace cotangent
