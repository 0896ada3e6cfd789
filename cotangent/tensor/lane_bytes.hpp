#pragma once

namespace cotangent {

/// Of the vector registers that this program is compiled for.
#if defined(__AVX512F__)
inline constexpr int lane_bytes = 64;
#elif defined(__AVX__)
inline constexpr int lane_bytes = 32;
#else
inline constexpr int lane_bytes = 16;
#endif

}  // namespace cotangent
