#include "cotangent/tensor/ops/resize.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Sizes {
    std::int64_t height, width, to_height, to_width;
    Interpolation interpolation;
};

/// Each new line is (1 - weight) line[first] + weight line[second] of the old.
struct Source {
    std::int64_t first, second;
    double weight;
};

std::vector<Source> sources(std::int64_t from, std::int64_t to, Interpolation interpolation) {
    std::vector<Source> result;
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    for (std::int64_t i = 0; i < to; ++i) {
        if (interpolation == Interpolation::nearest) {
            const std::int64_t at = i * from / to;
            result.push_back({at, at, 0});
        } else {
            const double at = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
            const auto first = std::min(static_cast<std::int64_t>(at), from - 1);
            result.push_back({first, std::min(first + 1, from - 1), at - static_cast<double>(first)});
        }
    }
    return result;
}

/// What has no share adds nothing, be it infinite.
template <class T>
T mix(T a, T b, T share) {
    return share == 0 ? a : (1 - share) * a + share * b;
}

template <class T>
void resize_plane(const std::vector<Source>& rows, const std::vector<Source>& columns, std::int64_t width, const T* from, T* to) {
    for (const auto& [first, second, weight] : rows) {
        const T *upper = from + first * width, *lower = from + second * width;
        const T below = static_cast<T>(weight);
        for (const auto& [left, right, part] : columns) {
            const T after = static_cast<T>(part);
            *to++ = mix(mix(upper[left], upper[right], after), mix(lower[left], lower[right], after), below);
        }
    }
}

template <class T>
void resize_plane_transposed(const std::vector<Source>& rows, const std::vector<Source>& columns, std::int64_t width, const T* from, T* to) {
    for (const auto& [first, second, weight] : rows) {
        T *upper = to + first * width, *lower = to + second * width;
        const T below = static_cast<T>(weight), above = 1 - below;
        for (const auto& [left, right, part] : columns) {
            const T after = static_cast<T>(part), before = 1 - after, value = *from++;
            upper[left] += above * before * value;
            if (after != 0) upper[right] += above * after * value;
            if (below == 0) continue;
            lower[left] += below * before * value;
            if (after != 0) lower[right] += below * after * value;
        }
    }
}

Tensor compute(const Sizes& s, bool transposed, const Tensor& x) {
    if (x.dtype() == Dtype::bfloat16) return detail::to_bfloat16(compute(s, transposed, detail::to_float32(x)));
    const Shape shape{x.shape()[0], x.shape()[1], transposed ? s.height : s.to_height, transposed ? s.width : s.to_width};
    Tensor out = Tensor::uninitialized(shape, x.dtype());
    const auto rows = sources(s.height, s.to_height, s.interpolation), columns = sources(s.width, s.to_width, s.interpolation);
    const std::int64_t from_size = x.shape()[2] * x.shape()[3], to_size = shape[2] * shape[3];
    const std::int64_t grain = std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, std::max(from_size, to_size)));
    const auto run = [&]<class T>(T) {
        parallel_for(shape[0] * shape[1], grain, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t plane = first; plane < last; ++plane) {
                const T* from = x.data<T>() + plane * from_size;
                T* to = out.fresh_data<T>() + plane * to_size;
                if (transposed) {
                    std::fill_n(to, to_size, T{});
                    resize_plane_transposed(rows, columns, s.width, from, to);
                } else {
                    resize_plane(rows, columns, s.width, from, to);
                }
            }
        });
    };
    dispatch_float(x.dtype(), run);
    return out;
}

template <bool transposed>
Tensor resized(const Sizes& sizes, const Tensor& x);

/// A linear map and its transpose, each the other's rule.
template <bool transposed>
struct Resize {
    static constexpr const char* name = transposed ? "resize_gradient" : "resize";
    static constexpr Keep keep = Keep::nothing;
    Sizes sizes;
    void vjp(const Call& call) const { call.give(0, resized<!transposed>(sizes, call.cotangent())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return resized<transposed>(sizes, call.tangent(0)); }
};

template <bool transposed>
Tensor resized(const Sizes& sizes, const Tensor& x) {
    const auto run = [sizes](const Tensor& in) { return compute(sizes, transposed, in); };
    return record(Resize<transposed>{sizes}, detail::traced(Resize<transposed>::name, run, x), x);
}

}  // namespace

Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, Interpolation interpolation) {
    if (!is_floating(images.dtype())) detail::throw_dtype("resize", images.dtype(), "a floating dtype");
    if (images.rank() != 4 || images.shape()[2] < 1 || images.shape()[3] < 1)
        throw ShapeError(fmt::format("resize: images have shape {}, expected [N, C, H, W] with sides of at least 1", to_string(images.shape())));
    if (height < 1 || width < 1) throw ValueError(fmt::format("resize: size is {} x {}, expected at least 1", height, width));
    return resized<false>({images.shape()[2], images.shape()[3], height, width, interpolation}, images);
}

}  // namespace cotangent
