#include "cotangent/tensor/linalg/fft.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cotangent/tensor/linalg/fft_kernel.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/transpose.hpp"
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

/// Is x real numbers [..., N], or complex ones [..., N, 2]?
enum class Numbers : std::uint8_t { real, complex };

/// `axes` to transform, and behind them the 2 of complex numbers.
void check(const char* op, const Tensor& x, int axes, Numbers numbers, const char* expected) {
    if (x.dtype() != Dtype::float32 && x.dtype() != Dtype::float64)
        throw DtypeError(fmt::format("{}: x is {}, expected float32 or float64", op, name(x.dtype())));
    const int behind = numbers == Numbers::complex ? 1 : 0;
    bool fits = x.rank() >= axes + behind && (behind == 0 || x.length(-1) == 2);
    for (int k = 1; axes > 1 && k <= axes && fits; ++k) fits = x.length(-k - behind) > 0;
    if (!fits) throw ShapeError(fmt::format("{}: x has shape {}, expected {}", op, to_string(x.shape()), expected));
}
/// Of one axis, anywhere, which it returns.
int check_axis(const char* op, const Tensor& x, int axis, Numbers numbers, const char* expected) {
    check(op, x, 1, numbers, expected);
    const int rank = numbers == Numbers::complex ? x.rank() - 1 : x.rank();
    if (axis < -rank || axis >= rank)
        throw ShapeError(
            fmt::format("{}: axis is {}, expected {} to {} for shape {}", op, axis, -rank, rank - 1, to_string(x.shape())));
    const int at = axis < 0 ? axis + rank : axis;
    if (x.length(at) == 0)
        throw ShapeError(fmt::format("{}: x has shape {}, expected {}{}", op, to_string(x.shape()), expected,
                                     at == rank - 1 ? "" : fmt::format(" at axis {}", axis)));
    return at;
}

void check_half(const char* op, const Tensor& x, int axis, std::int64_t n) {
    if (n >= 1 && x.length(axis) == n / 2 + 1) return;
    const std::int64_t expected = n < 1 ? 1 : n / 2 + 1;
    const bool is_last = axis == -2 || axis == x.rank() - 2;
    throw ShapeError(fmt::format("{}: x has shape {}, expected [..., {}, 2]{} for {} real numbers", op, to_string(x.shape()),
                                 expected, is_last ? "" : fmt::format(" at axis {}", axis), n));
}

double forward_scale(FftNorm norm, std::int64_t n) {
    const auto size = static_cast<double>(n);
    return norm == FftNorm::backward ? 1 : norm == FftNorm::ortho ? 1 / std::sqrt(size) : 1 / size;
}
double inverse_scale(FftNorm norm, std::int64_t n) {
    return norm == FftNorm::forward ? 1 : 1 / (static_cast<double>(n) * forward_scale(norm, n));
}

Tensor forward(const Tensor& x, int axis, FftNorm norm) {
    return transform(x, axis, false, forward_scale(norm, x.length(axis)));
}
Tensor backward(const Tensor& x, int axis, FftNorm norm) {
    return transform(x, axis, true, inverse_scale(norm, x.length(axis)));
}
Tensor forward_of_real(const Tensor& x, FftNorm norm) { return from_real(x, forward_scale(norm, x.length(-1))); }

/// The same with an axis last, where it is not.
template <class F>
Tensor with_last(const Tensor& x, int axis, int last, const F& f) {
    return axis == last ? f(x) : swap_axes(f(swap_axes(x, axis, last)), axis, last);
}

}  // namespace

Tensor fft(const Tensor& x, const FftOptions& options) {
    return forward(x, check_axis("fft", x, options.axis, Numbers::complex, "[..., N, 2], N > 0"), options.norm);
}

Tensor ifft(const Tensor& x, const FftOptions& options) {
    return backward(x, check_axis("ifft", x, options.axis, Numbers::complex, "[..., N, 2], N > 0"), options.norm);
}

Tensor fft2(const Tensor& x, FftNorm norm) {
    check("fft2", x, 2, Numbers::complex, "[..., H, W, 2], neither empty");
    return forward(forward(x, -2, norm), -3, norm);
}

Tensor ifft2(const Tensor& x, FftNorm norm) {
    check("ifft2", x, 2, Numbers::complex, "[..., H, W, 2], neither empty");
    return backward(backward(x, -2, norm), -3, norm);
}

Tensor rfft(const Tensor& x, const FftOptions& options) {
    const int axis = check_axis("rfft", x, options.axis, Numbers::real, "[..., N], N > 0");
    const int last = x.rank() - 1;
    return with_last(x, axis, last, [&](const Tensor& line) { return forward_of_real(line, options.norm); });
}

Tensor irfft(const Tensor& x, std::int64_t n, const FftOptions& options) {
    const int axis = check_axis("irfft", x, options.axis, Numbers::complex, "[..., n/2 + 1, 2]");
    check_half("irfft", x, axis, n);
    const int last = x.rank() - 2;
    return with_last(x, axis, last, [&](const Tensor& line) { return to_real(line, n, inverse_scale(options.norm, n)); });
}

Tensor rfft2(const Tensor& x, FftNorm norm) {
    check("rfft2", x, 2, Numbers::real, "[..., H, W], neither empty");
    return forward(forward_of_real(x, norm), -3, norm);
}

Tensor irfft2(const Tensor& x, std::int64_t w, FftNorm norm) {
    check("irfft2", x, 2, Numbers::complex, "[..., H, w/2 + 1, 2], neither empty");
    check_half("irfft2", x, -2, w);
    return to_real(backward(x, -3, norm), w, inverse_scale(norm, w));
}

}  // namespace cotangent
