#include "cotangent/tensor/linalg/fft.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cotangent/tensor/linalg/fft_kernel.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record, detail::traced;

/// The usual count of a transform of n complex numbers, 5 n log2 n, for each of `lines`.
double transform_flops(double lines, std::int64_t n) {
    return lines * 5 * static_cast<double>(n) * std::log2(static_cast<double>(std::max<std::int64_t>(n, 2)));
}

Tensor transform(const Tensor& x, int axis, bool inverse, double scale);
Tensor from_real(const Tensor& x, double scale);
Tensor to_real(const Tensor& x, std::int64_t n, double scale);

/// y = scale F x, or with the conjugate of F. F is symmetric, so the transpose of it as a real matrix is its conjugate.
struct Fft {
    static constexpr const char* name = "fft";
    static constexpr Keep keep = Keep::nothing;
    int axis;
    bool inverse;
    double scale;
    void vjp(const Call& call) const { call.give(0, transform(call.cotangent(), axis, !inverse, scale)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return transform(call.tangent(0), axis, inverse, scale); }
};

/// `inside` for the elements of a half spectrum that stand for their conjugates too, 1 for those that do not; [n/2 + 1, 1].
Tensor half_weights(std::int64_t n, double inside, Dtype dtype) {
    std::vector<double> weights(static_cast<std::size_t>(n / 2 + 1), inside);
    weights.front() = 1;
    if (n % 2 == 0) weights.back() = 1;
    Tensor result = Tensor::uninitialized({n / 2 + 1, 1}, dtype);
    dispatch_float(dtype, [&]<class T>(T) { std::copy(weights.begin(), weights.end(), result.fresh_data<T>()); });
    return result;
}

/// to_real counts each element inside twice, from_real once: they are each other's transposes but for those weights.
struct Rfft {
    static constexpr const char* name = "rfft";
    static constexpr Keep keep = Keep::nothing;
    std::int64_t n;
    double scale;
    void vjp(const Call& call) const {
        const Tensor& g = call.cotangent();
        call.give(0, to_real(g * half_weights(n, 0.5, g.dtype()), n, scale));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return from_real(call.tangent(0), scale); }
};

struct Irfft {
    static constexpr const char* name = "irfft";
    static constexpr Keep keep = Keep::nothing;
    std::int64_t n;
    double scale;
    void vjp(const Call& call) const {
        const Tensor& g = call.cotangent();
        call.give(0, from_real(g, scale) * half_weights(n, 2, g.dtype()));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return to_real(call.tangent(0), n, scale); }
};

Tensor transform_now(const Tensor& x, int axis, bool inverse, double scale) {
    detail::FftLines lines{1, x.length(axis), 1};
    const int at = axis_of("fft", axis, x.rank());
    for (int k = 0; k < x.rank() - 1; ++k)
        if (k != at) (k < at ? lines.outer : lines.inner) *= x.shape()[k];
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    if (!x.is_empty())
        dispatch_float(x.dtype(), [&]<class T>(T) {
            detail::fft_complex(lines, inverse, static_cast<T>(scale), x.data<T>(), y.fresh_data<T>());
        });
    return y;
}

Tensor transform(const Tensor& x, int axis, bool inverse, double scale) {
    const auto compute = [axis, inverse, scale](const Tensor& in) { return transform_now(in, axis, inverse, scale); };
    const std::int64_t n = x.length(axis);
    const double flops = transform_flops(static_cast<double>(x.size() / 2 / std::max<std::int64_t>(n, 1)), n);
    return record(Fft{axis, inverse, scale}, traced({inverse ? "ifft" : "fft", flops}, compute, x), x);
}

Tensor from_real_now(const Tensor& x, double scale) {
    const std::int64_t n = x.shape().back();
    Shape shape = x.shape();
    shape[x.rank() - 1] = n / 2 + 1;
    shape.push_back(2);
    Tensor y = Tensor::uninitialized(shape, x.dtype());
    if (!x.is_empty())
        dispatch_float(x.dtype(), [&]<class T>(T) {
            detail::fft_from_real({x.size() / n, n, 1}, static_cast<T>(scale), x.data<T>(), y.fresh_data<T>());
        });
    return y;
}

Tensor from_real(const Tensor& x, double scale) {
    const auto compute = [scale](const Tensor& in) { return from_real_now(in, scale); };
    const std::int64_t n = x.shape().back();
    const double flops = transform_flops(0.5 * static_cast<double>(x.size() / std::max<std::int64_t>(n, 1)), n);
    return record(Rfft{n, scale}, traced({"rfft", flops}, compute, x), x);
}

Tensor to_real_now(const Tensor& x, std::int64_t n, double scale) {
    Shape shape = x.shape();
    shape.erase(x.rank() - 1);
    shape[shape.rank() - 1] = n;
    Tensor y = Tensor::uninitialized(shape, x.dtype());
    if (!x.is_empty())
        dispatch_float(x.dtype(), [&]<class T>(T) {
            detail::fft_to_real({y.size() / n, n, 1}, static_cast<T>(scale), x.data<T>(), y.fresh_data<T>());
        });
    return y;
}

Tensor to_real(const Tensor& x, std::int64_t n, double scale) {
    const auto compute = [n, scale](const Tensor& in) { return to_real_now(in, n, scale); };
    const std::int64_t lines = x.size() / std::max<std::int64_t>(2 * x.length(-2), 1);
    return record(Irfft{n, scale}, traced({"irfft", transform_flops(0.5 * static_cast<double>(lines), n)}, compute, x), x);
}

/// `axes` to transform, and behind them the 2 of complex numbers.
void check(const char* op, const Tensor& x, int axes, bool complex, const char* expected) {
    if (x.dtype() != Dtype::float32 && x.dtype() != Dtype::float64)
        throw DtypeError(fmt::format("{}: x is {}, expected float32 or float64", op, name(x.dtype())));
    const int behind = complex ? 1 : 0;
    bool fits = x.rank() >= axes + behind && (!complex || x.length(-1) == 2);
    for (int k = 1; k <= axes && fits; ++k) fits = x.length(-k - behind) > 0;
    if (!fits) throw ShapeError(fmt::format("{}: x has shape {}, expected {}", op, to_string(x.shape()), expected));
}

void check_half(const char* op, const Tensor& x, std::int64_t n) {
    if (n < 1 || x.length(-2) != n / 2 + 1)
        throw ShapeError(fmt::format("{}: x has shape {}, expected [..., {}, 2] for {} real numbers", op,
                                     to_string(x.shape()), n < 1 ? 1 : n / 2 + 1, n));
}

double over(std::int64_t n) { return 1.0 / static_cast<double>(n); }

}  // namespace

Tensor fft(const Tensor& x) {
    check("fft", x, 1, true, "[..., N, 2], N > 0");
    return transform(x, -2, false, 1);
}

Tensor ifft(const Tensor& x) {
    check("ifft", x, 1, true, "[..., N, 2], N > 0");
    return transform(x, -2, true, over(x.length(-2)));
}

Tensor fft2(const Tensor& x) {
    check("fft2", x, 2, true, "[..., H, W, 2], neither empty");
    return transform(transform(x, -2, false, 1), -3, false, 1);
}

Tensor ifft2(const Tensor& x) {
    check("ifft2", x, 2, true, "[..., H, W, 2], neither empty");
    return transform(transform(x, -2, true, over(x.length(-2))), -3, true, over(x.length(-3)));
}

Tensor rfft(const Tensor& x) {
    check("rfft", x, 1, false, "[..., N], N > 0");
    return from_real(x, 1);
}

Tensor irfft(const Tensor& x, std::int64_t n) {
    check("irfft", x, 1, true, "[..., n/2 + 1, 2]");
    check_half("irfft", x, n);
    return to_real(x, n, over(n));
}

Tensor rfft2(const Tensor& x) {
    check("rfft2", x, 2, false, "[..., H, W], neither empty");
    return transform(from_real(x, 1), -3, false, 1);
}

Tensor irfft2(const Tensor& x, std::int64_t w) {
    check("irfft2", x, 2, true, "[..., H, w/2 + 1, 2], neither empty");
    check_half("irfft2", x, w);
    return to_real(transform(x, -3, true, over(x.length(-3))), w, over(w));
}

}  // namespace cotangent
