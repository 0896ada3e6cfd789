#pragma once
// Lanes: one vector register of floats or doubles that reads like a scalar. A generic lambda written for a number
// runs on lanes unchanged; `a < b ? x : y` is written `select(a < b, x, y)`.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "cotangent/tensor/lane_bytes.hpp"
#include "cotangent/tensor/numbers.hpp"

namespace cotangent {

template <class T>
struct Mask;

namespace detail {
/// 0, 1, 2, ...
template <class Vector, int count>
inline Vector lane_numbers() {
    return []<int... I>(std::integer_sequence<int, I...>) { return Vector{I...}; }(std::make_integer_sequence<int, count>{});
}
/// The builtins say long long where std::int64_t is long.
template <class Vector>
inline auto as_long_long(Vector mask) {
    typedef long long Wide __attribute__((vector_size(sizeof(Vector))));
    return reinterpret_cast<Wide>(mask);
}

/// Once for all types of lanes.
template <class B>
bool branch_on_lanes() {
    static_assert(!std::is_same_v<B, B>,
                  "map: the lambda branches on a value, and computes with several at once; use select(condition, a, b)");
    return false;
}
}  // namespace detail

/// lane_bytes / sizeof(T) numbers that are computed with at once. T is float or double.
template <class T>
struct Lanes {
    using Scalar = T;
    using Integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    typedef T Vector __attribute__((vector_size(lane_bytes)));
    typedef Integer IntegerVector __attribute__((vector_size(lane_bytes)));
    static constexpr int count = lane_bytes / sizeof(T);

    Vector v;

    Lanes() = default;
    Lanes(Vector vector) : v(vector) {}
    /// Every lane the same. Any arithmetic type, so that literals mix freely.
    template <class U>
        requires std::is_arithmetic_v<U>
    Lanes(U value) : v(static_cast<T>(value) - Vector{}) {}  // 0 + -0.0 would lose the sign

    static Lanes load(const T* from) {
        Lanes result;
        std::memcpy(&result.v, from, sizeof(Vector));
        return result;
    }
    void store(T* to) const { std::memcpy(to, &v, sizeof(Vector)); }
    /// The first n <= count lanes only; the others are zero. No memory beyond them is touched.
    static Lanes load_part(const T* from, std::int64_t n);
    void store_part(T* to, std::int64_t n) const;

    friend Lanes operator+(Lanes a, Lanes b) { return a.v + b.v; }
    friend Lanes operator-(Lanes a, Lanes b) { return a.v - b.v; }
    friend Lanes operator*(Lanes a, Lanes b) { return a.v * b.v; }
    friend Lanes operator/(Lanes a, Lanes b) { return a.v / b.v; }
    friend Lanes operator-(Lanes a) { return -a.v; }
    friend Lanes operator+(Lanes a) { return a; }
    Lanes& operator+=(Lanes b) { return *this = *this + b; }
    Lanes& operator-=(Lanes b) { return *this = *this - b; }
    Lanes& operator*=(Lanes b) { return *this = *this * b; }
    Lanes& operator/=(Lanes b) { return *this = *this / b; }

    friend Mask<T> operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
    friend Mask<T> operator<=(Lanes a, Lanes b) { return {a.v <= b.v}; }
    friend Mask<T> operator>(Lanes a, Lanes b) { return {a.v > b.v}; }
    friend Mask<T> operator>=(Lanes a, Lanes b) { return {a.v >= b.v}; }
    friend Mask<T> operator==(Lanes a, Lanes b) { return {a.v == b.v}; }
    friend Mask<T> operator!=(Lanes a, Lanes b) { return {a.v != b.v}; }
};

// The builtins behind <immintrin.h>, which alone would cost every includer 0.3 s.
template <class T>
inline Lanes<T> Lanes<T>::load_part(const T* from, std::int64_t n) {
#if defined(__AVX512F__)
    const unsigned mask = (1u << n) - 1;
    if constexpr (sizeof(T) == 4) return __builtin_ia32_loadups512_mask(from, Vector{}, static_cast<unsigned short>(mask));
    else return __builtin_ia32_loadupd512_mask(from, Vector{}, static_cast<unsigned char>(mask));
#elif defined(__AVX2__)
    const IntegerVector mask = detail::lane_numbers<IntegerVector, count>() < static_cast<Integer>(n);
    if constexpr (sizeof(T) == 4) return __builtin_ia32_maskloadps256(reinterpret_cast<const Vector*>(from), mask);
    else return __builtin_ia32_maskloadpd256(reinterpret_cast<const Vector*>(from), detail::as_long_long(mask));
#else
    Lanes result(0);
    for (std::int64_t i = 0; i < n; ++i) result.v[i] = from[i];
    return result;
#endif
}
template <class T>
inline void Lanes<T>::store_part(T* to, std::int64_t n) const {
#if defined(__AVX512F__)
    const unsigned mask = (1u << n) - 1;
    if constexpr (sizeof(T) == 4) __builtin_ia32_storeups512_mask(to, v, static_cast<unsigned short>(mask));
    else __builtin_ia32_storeupd512_mask(to, v, static_cast<unsigned char>(mask));
#elif defined(__AVX2__)
    const IntegerVector mask = detail::lane_numbers<IntegerVector, count>() < static_cast<Integer>(n);
    if constexpr (sizeof(T) == 4) __builtin_ia32_maskstoreps256(reinterpret_cast<Vector*>(to), mask, v);
    else __builtin_ia32_maskstorepd256(reinterpret_cast<Vector*>(to), detail::as_long_long(mask), v);
#else
    for (std::int64_t i = 0; i < n; ++i) to[i] = v[i];
#endif
}

/// What comparing lanes gives: all bits set where it holds.
template <class T>
struct Mask {
    typename Lanes<T>::IntegerVector m;
    friend Mask operator&&(Mask a, Mask b) { return {a.m & b.m}; }
    friend Mask operator||(Mask a, Mask b) { return {a.m | b.m}; }
    friend Mask operator!(Mask a) { return {~a.m}; }
    /// The lanes may disagree.
    template <class B>
        requires std::is_same_v<B, bool>
    explicit operator B() const {
        return detail::branch_on_lanes<B>();
    }
};

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> select(Mask<T> condition, Lanes<T> a, Lanes<T> b) {
    return condition.m ? a.v : b.v;
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard, gnu::always_inline]] inline Lanes<T> select(Mask<T> condition, Lanes<T> a, U b) {
    return select(condition, a, Lanes<T>(b));
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard, gnu::always_inline]] inline Lanes<T> select(Mask<T> condition, U a, Lanes<T> b) {
    return select(condition, Lanes<T>(a), b);
}

template <class T>
[[nodiscard]] inline Lanes<T> minimum(Lanes<T> a, Lanes<T> b) {
    return select(a < b || a != a, a, b);  // a NaN on either side stays, as in NumPy
}
template <class T>
[[nodiscard]] inline Lanes<T> maximum(Lanes<T> a, Lanes<T> b) {
    return select(a > b || a != a, a, b);
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> minimum(Lanes<T> a, U b) {
    return minimum(a, Lanes<T>(b));
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> minimum(U a, Lanes<T> b) {
    return minimum(Lanes<T>(a), b);
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> maximum(Lanes<T> a, U b) {
    return maximum(a, Lanes<T>(b));
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> maximum(U a, Lanes<T> b) {
    return maximum(Lanes<T>(a), b);
}
template <class T>
[[nodiscard]] inline Lanes<T> sign(Lanes<T> a) {
    return select(a > Lanes<T>(0), 1, select(a < Lanes<T>(0), -1, select(a != a, a, 0)));
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> abs(Lanes<T> a) {
    using I = typename Lanes<T>::IntegerVector;
    const I bits = reinterpret_cast<I>(a.v) & std::numeric_limits<typename Lanes<T>::Integer>::max();
    return reinterpret_cast<typename Lanes<T>::Vector>(bits);
}

namespace detail {
template <class T, class F>
inline Lanes<T> each_lane(Lanes<T> a, F f) {
    for (int i = 0; i < Lanes<T>::count; ++i) a.v[i] = f(a.v[i]);
    return a;
}
}  // namespace detail

namespace detail {
/// Folds all lanes into one: halves, quarters, ... by f.
template <int step, class T, class F>
[[nodiscard, gnu::always_inline]] inline T fold_lanes(Lanes<T> a, const F& f) {
    const auto moved = [a]<std::size_t... I>(std::index_sequence<I...>) {
        return Lanes<T>(__builtin_shufflevector(a.v, a.v, static_cast<int>((I + step) % sizeof...(I))...));
    };
    a = f(a, moved(std::make_index_sequence<static_cast<std::size_t>(Lanes<T>::count)>{}));
    if constexpr (step > 1) return fold_lanes<step / 2>(a, f);
    else return a.v[0];
}
}  // namespace detail

/// The sum of all lanes: of the halves' sums, and so on down.
template <class T>
[[nodiscard]] inline T sum_of(Lanes<T> a) {
    return detail::fold_lanes<Lanes<T>::count / 2>(a, [](Lanes<T> x, Lanes<T> y) { return x + y; });
}
/// The largest lane; NaN where any is.
template <class T>
[[nodiscard]] inline T max_of(Lanes<T> a) {
    return detail::fold_lanes<Lanes<T>::count / 2>(a, [](Lanes<T> x, Lanes<T> y) { return maximum(x, y); });
}

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> sqrt(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::sqrt(x); });
}
template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> floor(Lanes<T> a) {
    return detail::each_lane(a, [](T x) { return std::floor(x); });
}

}  // namespace cotangent

#include "cotangent/tensor/lanes_math.hpp"
