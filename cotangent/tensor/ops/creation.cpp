#include "cotangent/tensor/ops/creation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace cotangent {
namespace {

template <class T>
T element(double value) {
    if constexpr (std::is_same_v<T, BFloat16>) return BFloat16(static_cast<float>(value));
    else if constexpr (std::is_same_v<T, bool>) return value != 0;
    else return static_cast<T>(value);
}

/// The element for a number that has to be one of T's values.
template <class T>
T exact_element(double value) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
        constexpr double above = 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
        if (!(value >= low && value < above) || value != std::floor(value))
            throw ValueError(fmt::format("{} is no {}, expected an integer from {} to {}; use cast()", value, name(dtype_of<T>),
                                         std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    }
    return element<T>(value);
}

}  // namespace

Tensor full(const Shape& shape, double value, Dtype dtype) {
    Tensor out = Tensor::uninitialized(shape, dtype);
    dispatch(dtype, [&]<class T>(T) { std::fill_n(out.fresh_data<T>(), shape.size(), exact_element<T>(value)); });
    return out;
}

Tensor zeros(const Shape& shape, Dtype dtype) {
    Tensor out = Tensor::uninitialized(shape, dtype);
    std::memset(out.fresh_data<std::byte>(), 0, out.bytes());
    return out;
}

Tensor ones(const Shape& shape, Dtype dtype) { return full(shape, 1, dtype); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
Tensor constant_like(const Tensor& x, double value) { return full({}, value, x.dtype()); }

Tensor arange(double start, double stop, double step, Dtype dtype) {
    if (step == 0 || !std::isfinite(start) || !std::isfinite(stop) || !std::isfinite(step))
        throw ValueError(fmt::format("arange: start, stop, step are {}, {}, {}, expected finite and a step that is not 0", start, stop, step));
    const double steps = std::ceil((stop - start) / step);
    if (steps > static_cast<double>(Shape::max_size))
        throw ValueError(fmt::format("arange: {} to {} by {} is {} elements, expected at most 2^59", start, stop, step, steps));
    const auto count = std::max<std::int64_t>(0, static_cast<std::int64_t>(steps));
    Tensor out = Tensor::uninitialized({count}, dtype);
    dispatch(dtype, [&]<class T>(T) {
        for (std::int64_t i = 0; i < count; ++i) out.fresh_data<T>()[i] = element<T>(start + static_cast<double>(i) * step);
    });
    return out;
}

Tensor linspace(double start, double stop, std::int64_t count, Dtype dtype) {
    if (count < 0) throw ValueError(fmt::format("linspace: count is {}, expected 0 or more", count));
    Tensor out = Tensor::uninitialized({count}, dtype);
    const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0;
    dispatch(dtype, [&]<class T>(T) {
        for (std::int64_t i = 0; i < count; ++i)
            out.fresh_data<T>()[i] = element<T>(i > 0 && i == count - 1 ? stop : start + static_cast<double>(i) * step);
    });
    return out;
}

Tensor eye(std::int64_t n, Dtype dtype) {
    Tensor out = zeros({n, n}, dtype);
    dispatch(dtype, [&]<class T>(T) {
        for (std::int64_t i = 0; i < n; ++i) out.fresh_data<T>()[i * n + i] = element<T>(1);
    });
    return out;
}

}  // namespace cotangent
