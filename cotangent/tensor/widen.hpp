#pragma once
// Half a register of narrow numbers as a whole one of wide numbers. GCC 12 makes __builtin_convertvector of them by halves,
// with four instructions where the processor has one.
#include <cstdint>

#include "cotangent/tensor/lane_bytes.hpp"

namespace cotangent::detail {

typedef float HalfOfFloats __attribute__((vector_size(lane_bytes / 2)));
typedef double WholeOfDoubles __attribute__((vector_size(lane_bytes)));
typedef std::uint16_t HalfOfWords __attribute__((vector_size(lane_bytes / 2)));
typedef std::uint32_t WholeOfWords __attribute__((vector_size(lane_bytes)));

[[nodiscard]] inline WholeOfDoubles widen(HalfOfFloats half) {
#if defined(__clang__) || !defined(__AVX__)
    return __builtin_convertvector(half, WholeOfDoubles);
#elif defined(__AVX512F__)
    constexpr int rounding_as_set = 4;
    return __builtin_ia32_cvtps2pd512_mask(half, WholeOfDoubles{}, static_cast<unsigned char>(-1), rounding_as_set);
#else
    return __builtin_ia32_cvtps2pd256(half);
#endif
}

[[nodiscard]] inline WholeOfWords widen(HalfOfWords half) {
#if defined(__clang__) || !defined(__AVX2__)
    return __builtin_convertvector(half, WholeOfWords);
#elif defined(__AVX512F__)
    typedef short From __attribute__((vector_size(32)));
    typedef int To __attribute__((vector_size(64)));
    const auto whole = __builtin_ia32_pmovzxwd512_mask(reinterpret_cast<From>(half), To{}, static_cast<unsigned short>(-1));
    return reinterpret_cast<WholeOfWords>(whole);
#else
    typedef short From __attribute__((vector_size(16)));
    return reinterpret_cast<WholeOfWords>(__builtin_ia32_pmovzxwd256(reinterpret_cast<From>(half)));
#endif
}

}  // namespace cotangent::detail
