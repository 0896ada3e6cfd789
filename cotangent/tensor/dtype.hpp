#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace cotangent {

/// The type of a tensor's elements, known at run time.
enum class Dtype : std::uint8_t { float32, float64, bfloat16, int32, int64, uint8, boolean };

/// The upper 16 bits of a float32: storage and products only, arithmetic happens in float.
struct BFloat16 {
    std::uint16_t bits = 0;

    BFloat16() = default;
    /// Rounds to nearest, ties to even; a NaN stays a NaN.
    explicit BFloat16(float value) {
        auto word = std::bit_cast<std::uint32_t>(value);
        const bool is_nan = (word & 0x7fffffffu) > 0x7f800000u;
        bits = is_nan ? std::uint16_t(word >> 16 | 0x40u) : std::uint16_t((word + 0x7fffu + (word >> 16 & 1u)) >> 16);
    }
    explicit operator float() const { return std::bit_cast<float>(std::uint32_t(bits) << 16); }
};

/// `float32`, `bool`, ...: NumPy's names.
[[nodiscard]] std::string_view name(Dtype dtype);
/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(Dtype dtype) {
    return (0x1184284u >> (4 * static_cast<int>(dtype))) & 15;  // a digit each: nothing to load
}
[[nodiscard]] constexpr bool is_floating(Dtype dtype) { return dtype <= Dtype::bfloat16; }

template <class T>
concept Element = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, BFloat16> ||
                  std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
                  std::is_same_v<T, std::uint8_t> || std::is_same_v<T, bool>;

/// The dtype of a C++ element type.
template <Element T>
inline constexpr Dtype dtype_of = std::is_same_v<T, float>          ? Dtype::float32
                                  : std::is_same_v<T, double>       ? Dtype::float64
                                  : std::is_same_v<T, BFloat16>     ? Dtype::bfloat16
                                  : std::is_same_v<T, std::int32_t> ? Dtype::int32
                                  : std::is_same_v<T, std::int64_t> ? Dtype::int64
                                  : std::is_same_v<T, std::uint8_t> ? Dtype::uint8
                                                                    : Dtype::boolean;

/// Calls `f(T{})` with the element type of `dtype`: the one bridge from run time to templates.
template <class F>
decltype(auto) dispatch(Dtype dtype, F&& f) {
    switch (dtype) {
        case Dtype::float32: return f(float{});
        case Dtype::float64: return f(double{});
        case Dtype::bfloat16: return f(BFloat16{});
        case Dtype::int32: return f(std::int32_t{});
        case Dtype::int64: return f(std::int64_t{});
        case Dtype::uint8: return f(std::uint8_t{});
        case Dtype::boolean: break;
    }
    return f(bool{});
}
/// The same where `dtype` is known to be float32 or float64.
template <class F>
decltype(auto) dispatch_float(Dtype dtype, F&& f) {
    if (dtype == Dtype::float32) return f(float{});
    return f(double{});
}

}  // namespace cotangent
