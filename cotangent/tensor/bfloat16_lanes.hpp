#pragma once
// Kernels compute bfloat16 in float32 registers: here is how numbers get into them and back.
#include "cotangent/tensor/dtype.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/widen.hpp"

namespace cotangent {

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> load_lanes(const T* from) {
    return Lanes<T>::load(from);
}
template <class T>
[[gnu::always_inline]] inline void store_lanes(Lanes<T> lanes, T* to) {
    lanes.store(to);
}

[[nodiscard, gnu::always_inline]] inline Lanes<float> load_lanes(const BFloat16* from) {
    detail::HalfOfWords half;
    std::memcpy(&half, from, sizeof half);
    const detail::WholeOfWords words = detail::widen(half) << 16;
    return Lanes<float>(reinterpret_cast<Lanes<float>::Vector>(words));
}
/// Rounds as BFloat16 does: to nearest, ties to even; a NaN stays a NaN.
[[gnu::always_inline]] inline void store_lanes(Lanes<float> lanes, BFloat16* to) {
    const auto words = reinterpret_cast<detail::WholeOfWords>(lanes.v);
    const detail::WholeOfWords high = words >> 16;
    const detail::WholeOfWords rounded = (words + (high & 1u) + 0x7fffu) >> 16;
    const auto is_nan = (words & 0x7fffffffu) > 0x7f800000u;
    const auto half = __builtin_convertvector(is_nan ? (high | 0x40u) : rounded, detail::HalfOfWords);
    std::memcpy(static_cast<void*>(to), &half, sizeof half);
}

/// One number in every lane.
template <class T>
[[nodiscard]] Lanes<T> repeat_lanes(T value) {
    return Lanes<T>(value);
}
[[nodiscard]] inline Lanes<float> repeat_lanes(BFloat16 value) { return Lanes<float>(static_cast<float>(value)); }

}  // namespace cotangent
