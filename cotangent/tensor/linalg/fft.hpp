#pragma once
// Discrete Fourier transforms of any length, NumPy's conventions. The sums below are those of FftNorm::backward.
//
// There is no complex dtype. A complex tensor has a last axis of length 2, real part and imaginary part: [..., N, 2]. The
// real inner product of two such tensors is that of their elements, so cotangents are of the same form, and of a real loss l
// the gradient is dl/dre + i dl/dim.
//
// All: float32 or float64.
// @throws ShapeError  a complex argument does not end in an axis of 2, there are too few axes, or a transformed one is empty or
//                     not there
// @throws DtypeError  another dtype
// @accuracy  |error| <= 10 log2(n) eps(dtype) |x|, in the norm of the whole line
#include <cstdint>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// What is divided: the inverse by n, both by sqrt(n), or the forward transform by n.
enum class FftNorm : std::uint8_t { backward, ortho, forward };

struct FftOptions {
    int axis = -1;  ///< the one transformed; that of real and imaginary part is not counted
    FftNorm norm = FftNorm::backward;
};

/// y[k] = sum_j x[j] exp(-2 pi i j k / N): [..., N, 2] -> [..., N, 2].
[[nodiscard]] Tensor fft(const Tensor& x, const FftOptions& options = {});
/// Its inverse: y[j] = 1/N sum_k x[k] exp(2 pi i j k / N).
[[nodiscard]] Tensor ifft(const Tensor& x, const FftOptions& options = {});
/// fft over both axes of [..., H, W, 2].
[[nodiscard]] Tensor fft2(const Tensor& x, FftNorm norm = FftNorm::backward);
[[nodiscard]] Tensor ifft2(const Tensor& x, FftNorm norm = FftNorm::backward);

/// fft of real numbers, [..., N] -> [..., N/2 + 1, 2]: the other half would be its conjugate.
[[nodiscard]] Tensor rfft(const Tensor& x, const FftOptions& options = {});
/// Its inverse, [..., n/2 + 1, 2] -> [..., n]. The imaginary parts of element 0, and for an even n of the last one, are not
/// read.
/// @throws ShapeError  x does not have n/2 + 1 elements, or n < 1
[[nodiscard]] Tensor irfft(const Tensor& x, std::int64_t n, const FftOptions& options = {});
/// [..., H, W] -> [..., H, W/2 + 1, 2]
[[nodiscard]] Tensor rfft2(const Tensor& x, FftNorm norm = FftNorm::backward);
/// [..., H, w/2 + 1, 2] -> [..., H, w]
[[nodiscard]] Tensor irfft2(const Tensor& x, std::int64_t w, FftNorm norm = FftNorm::backward);

}  // namespace cotangent
