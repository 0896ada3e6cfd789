#pragma once
#include <cstdint>

namespace cotangent::detail {

/// Lines of a [outer, length, inner] array; on all threads, cut by the shape alone.
struct FftLines {
    std::int64_t outer, length, inner;
};

/// y = scale sum_j x[j] exp(-+ 2 pi i j k / n) along each line of complex numbers, stored as pairs. y may be x.
template <class T>
void fft_complex(const FftLines& lines, bool inverse, T scale, const T* x, T* y);

/// The first n/2 + 1 of the forward sums of n = length real numbers. inner is 1.
template <class T>
void fft_from_real(const FftLines& lines, T scale, const T* x, T* y);

/// The n = length real sums of the backward transform of n/2 + 1 numbers and their conjugates. inner is 1.
template <class T>
void fft_to_real(const FftLines& lines, T scale, const T* x, T* y);

}  // namespace cotangent::detail
