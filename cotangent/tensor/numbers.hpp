#pragma once
// The words that a generic scalar function uses beside those of <cmath>, for plain numbers. Lanes, dual numbers and
// tensors have them too.
#include <type_traits>

namespace cotangent {

/// a where the condition holds, else b.
template <class T, class U>
    requires(std::is_arithmetic_v<T> && std::is_arithmetic_v<U>)
[[nodiscard]] inline std::common_type_t<T, U> select(bool condition, T a, U b) {
    if (condition) return static_cast<std::common_type_t<T, U>>(a);
    return static_cast<std::common_type_t<T, U>>(b);
}
template <class T, class U>
    requires(std::is_arithmetic_v<T> && std::is_arithmetic_v<U>)
[[nodiscard]] inline std::common_type_t<T, U> minimum(T a, U b) {
    return select(a < b || a != a, a, b);
}
template <class T, class U>
    requires(std::is_arithmetic_v<T> && std::is_arithmetic_v<U>)
[[nodiscard]] inline std::common_type_t<T, U> maximum(T a, U b) {
    return select(a > b || a != a, a, b);
}
/// -1, 0 or 1; NaN for NaN.
template <class T>
    requires std::is_arithmetic_v<T>
[[nodiscard]] inline T sign(T a) {
    if constexpr (std::is_unsigned_v<T>) return static_cast<T>(a != 0);
    else return a > 0 ? T(1) : a < 0 ? T(-1) : a == 0 ? T(0) : a;
}

}  // namespace cotangent
