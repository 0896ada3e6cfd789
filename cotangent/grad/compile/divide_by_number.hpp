#pragma once
// x / s for many x and one s, correctly rounded as a division is, at the price of a few products. With y = 1 / s rounded,
// q = x y is off by less than two units of the last place; a first correction q += (x - q s) y brings it within one, and a
// second, whose remainder is exact, gives the rounded quotient.
// @source  Markstein 1990, "Computation of elementary functions on the IBM RISC System/6000 processor": a correctly rounded
//          reciprocal and an exact remainder round a quotient correctly
#include <cmath>

#include "cotangent/tensor/lanes_math.hpp"

namespace cotangent::detail {

/// Whether the target multiplies and adds with one rounding, without which remainders are not exact.
#if defined(__FMA__)
inline constexpr bool has_exact_remainders = true;
#else
inline constexpr bool has_exact_remainders = false;
#endif

/// a b + c, rounded once. Said, not left to contraction, which an instrumented or unoptimised build does without.
template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> fused(Lanes<T> a, Lanes<T> b, Lanes<T> c) {
#if defined(__AVX512F__) && !defined(__clang__)
    constexpr int as_set = 4;  // the rounding
    if constexpr (sizeof(T) == 4)
        return __builtin_ia32_vfmaddps512_mask(a.v, b.v, c.v, static_cast<unsigned short>(-1), as_set);
    else return __builtin_ia32_vfmaddpd512_mask(a.v, b.v, c.v, static_cast<unsigned char>(-1), as_set);
#elif defined(__AVX2__) && defined(__FMA__) && !defined(__clang__)
    if constexpr (sizeof(T) == 4) return __builtin_ia32_vfmaddps256(a.v, b.v, c.v);
    else return __builtin_ia32_vfmaddpd256(a.v, b.v, c.v);
#else
    Lanes<T> result;
    for (int i = 0; i < Lanes<T>::count; ++i) result.v[i] = std::fma(a.v[i], b.v[i], c.v[i]);
    return result;
#endif
}

/// Where no remainder or quotient leaves the range of normal numbers: |x| and |s| from 1 / most to most.
template <class T>
inline constexpr T most_divided = sizeof(T) == 4 ? T(1099511627776.0) : T(3.2e120);

/// Elements [0, count): inputs x, s and 1 / s; steps 1, 0, 0.
template <class T>
void divide_by_number(const void*, const std::byte* const* inputs, const std::int64_t*, std::byte* const* outputs,
                      std::int64_t count) {
    using L = Lanes<T>;
    const T* x = reinterpret_cast<const T*>(inputs[0]);
    const T s = *reinterpret_cast<const T*>(inputs[1]), y = *reinterpret_cast<const T*>(inputs[2]);
    T* to = reinterpret_cast<T*>(outputs[0]);
    constexpr T most = most_divided<T>, least = 1 / most;
    std::int64_t k = 0;
    if (std::abs(s) >= least && std::abs(s) <= most) {
        constexpr int together = 4;
        const L divisor(s), reciprocal(y);
        for (; k + together * L::count <= count; k += together * L::count) {
            L quotient[together], from[together], smallest(most), largest(least);
            for (int i = 0; i < together; ++i) {
                from[i] = L::load(x + k + i * L::count);
                const L size = abs(from[i]);
                smallest = select(size < smallest, size, smallest);  // not a NaN, whose quotient is right
                largest = select(size > largest, size, largest);
                L q = from[i] * reciprocal;
                q = fused(fused(-q, divisor, from[i]), reciprocal, q);
                quotient[i] = fused(fused(-q, divisor, from[i]), reciprocal, q);
            }
            if (detail::any(smallest < L(least) || largest > L(most))) [[unlikely]]  // zeros too
                for (int i = 0; i < together; ++i) quotient[i] = from[i] / divisor;
            for (int i = 0; i < together; ++i) quotient[i].store(to + k + i * L::count);
        }
    }
    for (; k < count; ++k) to[k] = x[k] / s;
}

}  // namespace cotangent::detail
