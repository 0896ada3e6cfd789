#pragma once
// Elementary functions of lanes, branch-free: every lane takes the same steps, so a register costs the same whatever is
// in it. The bounds below, in units in the last place (ulp) of the result, are what lanes_math_test.cpp asserts: for
// float over all 2^32 arguments (a spread of them unless skipped tests are asked for), for double over random and
// special ones.
// Zeros keep their signs, NaN stays NaN, infinities and subnormal numbers give what C's functions give.
//
//     exp 1.0   expm1 2.0   log 0.85   log1p 0.85   tanh 2.6   erf 5.5   sigmoid 2.5   softplus 1.8
//     sin 1.6   cos 1.6     tan 3.2    sqrt 0.5     floor 0    pow (float) 0.51
//
// All 2^32 floats were tried for each of them but pow.
//
// Polynomials are weighted minimax fits unless another source is named.
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/widen.hpp"

namespace cotangent {
namespace detail {

template <class T>
inline constexpr bool is_lanes = false;
template <class T>
inline constexpr bool is_lanes<Lanes<T>> = true;

/// What a format is made of.
template <class T>
struct Format {
    static constexpr bool is_float = sizeof(T) == 4;
    using Unsigned = std::conditional_t<is_float, std::uint32_t, std::uint64_t>;
    static constexpr int mantissa = is_float ? 23 : 52;
    static constexpr int bias = is_float ? 127 : 1023;
    static constexpr T round = is_float ? T(0x1.8p23) : T(0x1.8p52);  ///< adding it leaves no bits after the point
};

template <class T>
inline auto bits_of(Lanes<T> a) {
    typedef typename Format<T>::Unsigned Bits __attribute__((vector_size(lane_bytes)));
    return reinterpret_cast<Bits>(a.v);
}
template <class T, class Bits>
inline Lanes<T> from_bits(Bits bits) {
    return Lanes<T>(reinterpret_cast<typename Lanes<T>::Vector>(bits));
}
template <class T>
inline auto sign_of(Lanes<T> a) {
    return bits_of(a) & (typename Format<T>::Unsigned{1} << (8 * sizeof(T) - 1));
}
/// The magnitude of a, which is not negative, with the sign of b.
template <class T>
inline Lanes<T> with_sign(Lanes<T> a, Lanes<T> b) {
    return from_bits<T>(bits_of(a) | sign_of(b));
}

template <class T>
inline bool any(Mask<T> mask) {
#if defined(__AVX512DQ__)
    if constexpr (sizeof(T) == 4) {
        typedef int Ints __attribute__((vector_size(64)));
        return __builtin_ia32_cvtd2mask512(reinterpret_cast<Ints>(mask.m)) != 0;
    } else {
        return __builtin_ia32_cvtq2mask512(as_long_long(mask.m)) != 0;
    }
#elif defined(__AVX2__)
    using Vector = typename Lanes<T>::Vector;
    if constexpr (sizeof(T) == 4) return __builtin_ia32_movmskps256(reinterpret_cast<Vector>(mask.m)) != 0;
    else return __builtin_ia32_movmskpd256(reinterpret_cast<Vector>(mask.m)) != 0;
#else
    std::int64_t words[lane_bytes / 8], all = 0;
    std::memcpy(words, &mask.m, sizeof words);
    for (const std::int64_t word : words) all |= word;
    return all != 0;
#endif
}

/// c[0] + x (c[1] + x (c[2] + ...)).
template <class T>
inline Lanes<T> polynomial(Lanes<T>, double last) {
    return Lanes<T>(last);
}
template <class T, class... Rest>
inline Lanes<T> polynomial(Lanes<T> x, double first, Rest... rest) {
    return polynomial(x, rest...) * x + first;
}

/// 2^n for -bias < n <= bias, as bits with n possibly negative.
template <class T, class Bits>
inline Lanes<T> power_of_two(Bits n) {
    return from_bits<T>((n + Format<T>::bias) << Format<T>::mantissa);
}

/// x = n log(2) + r with |r| <= log(2) / 2; n as bits, and e^r - 1 = r + r^2 q.
template <class T, class Bits>
struct ExpParts {
    Bits n;
    Lanes<T> r, q;
};
template <class T>
inline auto exp_parts(Lanes<T> x) {
    const Lanes<T> shifted = x * 1.4426950408889634 + Format<T>::round;
    const Lanes<T> k = shifted - Format<T>::round;
    const auto n = bits_of(shifted) - bits_of(Lanes<T>(Format<T>::round));
    Lanes<T> r, q;
    if constexpr (Format<T>::is_float) {  // the first part of log(2) has few bits: its product with k is exact
        r = (x - k * 0x1.62e4p-1f) - k * 1.42860682e-6f;
        q = polynomial(r, 5.00000008e-1, 1.666666682e-1, 4.166626506e-2, 8.333272646e-3, 1.394635959e-3, 1.991414305e-4);
    } else {
        r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
        q = polynomial(r, 4.999999999999999997e-1, 1.6666666666666684e-1, 4.166666666666672491e-2, 8.333333333316612855e-3,
                       1.388888888885833931e-3, 1.984126989737439357e-4, 2.480158737384877583e-5, 2.755723391956551554e-6,
                       2.755723331512005255e-7, 2.511235097372133564e-8, 2.09269478603737284e-9);
    }
    return ExpParts<T, std::remove_const_t<decltype(n)>>{n, r, q};
}

/// expm1 for |x| where the result is not subnormal.
template <class T>
inline Lanes<T> expm1_of_normal(Lanes<T> x) {
    constexpr double low = Format<T>::is_float ? -20 : -40, high = Format<T>::is_float ? 89 : 710;
    x = select(x < low, low, select(x > high, high, x));
    const auto [n, r, q] = exp_parts(x);
    // 2^n (1 + p) - 1 with half of 2^n, which does not overflow; the difference of powers is exact or does not matter.
    const Lanes<T> half = power_of_two<T>(n - 1);
    return 2 * (half * (r + r * r * q) + (half - 0.5));
}

/// log(1 + f) + n log(2) + correction, by fdlibm's e_log.c: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R).
template <class T>
inline Lanes<T> log_of_parts(Lanes<T> n, Lanes<T> f, Lanes<T> correction) {
    const Lanes<T> s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
    Lanes<T> series;
    if constexpr (Format<T>::is_float) {
        series = z * polynomial(z, 6.666666564e-1, 4.000033591e-1, 2.853725747e-1, 2.358327338e-1);
        return n * 0x1.62e4p-1f - ((half_square - (s * (half_square + series) + (n * 1.42860682e-6f + correction))) - f);
    } else {
        series = z * polynomial(z, 6.666666666666735345e-1, 3.999999999940763902e-1, 2.857142874411135625e-1,
                                2.222219838123810501e-1, 1.818357503927921131e-1, 1.531375861739570399e-1,
                                1.479904010637952063e-1);
        return n * 0x1.62e42feep-1 -
               ((half_square - (s * (half_square + series) + (n * 0x1.a39ef35793c76p-33 + correction))) - f);
    }
}

/// u = 2^n m with m in [sqrt(1/2), sqrt(2)), for normal u.
template <class T>
struct LogParts {
    Lanes<T> n, m;
};
template <class T>
inline LogParts<T> log_parts(Lanes<T> u) {
    using Unsigned = typename Format<T>::Unsigned;
    constexpr T root = T(0.70710678118654752);
    Unsigned one_bits, root_bits;
    constexpr T one = 1;
    std::memcpy(&one_bits, &one, sizeof one);
    std::memcpy(&root_bits, &root, sizeof root);
    const auto shifted = bits_of(u) + (one_bits - root_bits);
    const auto exponent = shifted >> Format<T>::mantissa;
    const auto mantissa = (shifted & ((Unsigned{1} << Format<T>::mantissa) - 1)) + root_bits;
    // An integer added to the bits of `round` is added to its value.
    const Lanes<T> n = from_bits<T>(exponent + bits_of(Lanes<T>(Format<T>::round))) - (Format<T>::round + Format<T>::bias);
    return {n, from_bits<T>(mantissa)};
}

/// y, except where C's log gives something special: x is what is logged.
template <class T>
inline Lanes<T> with_log_limits(Lanes<T> y, Lanes<T> x) {
    constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    return select(x > 0 && x < infinity, y, select(x == infinity, x, select(x == 0, Lanes<T>(-infinity), Lanes<T>(nan))));
}

/// x = n pi/2 + r with |r| <= pi/4, for |x| <= quarter_limit; n as bits.
template <class T, class Bits>
struct Quarters {
    Bits n;
    Lanes<T> r;
};
inline constexpr double quarter_limit = 1e6;

// pi/2 in four parts; 20 bits of k times any of the first three are exact.
inline auto quarters(Lanes<double> x) {
    const Lanes<double> shifted = x * 0.63661977236758134 + Format<double>::round, k = shifted - Format<double>::round;
    const auto n = bits_of(shifted) - bits_of(Lanes<double>(Format<double>::round));
    const Lanes<double> first = x - k * 0x1.921fb544p+0, second = k * 0x1.0b4611a6p-34;
    const Lanes<double> difference = first - second;
    const Lanes<double> rest = ((first - difference) - second) - k * 0x1.3198a2e0p-69 - k * 0x1.b839a252049c1p-104;
    return Quarters<double, std::remove_const_t<decltype(n)>>{n, difference + rest};
}
/// The two halves of a register of floats as doubles, and back.
struct WidePair {
    Lanes<double> low, high;
};
inline WidePair widen(Lanes<float> x) {
    HalfOfFloats low, high;
    std::memcpy(&low, &x.v, sizeof low);
    std::memcpy(&high, reinterpret_cast<const char*>(&x.v) + sizeof low, sizeof high);
    return {widen(low), widen(high)};
}
inline Lanes<float> narrow(Lanes<double> low, Lanes<double> high) {
    const HalfOfFloats halves[2] = {__builtin_convertvector(low.v, HalfOfFloats), __builtin_convertvector(high.v, HalfOfFloats)};
    Lanes<float> x;
    std::memcpy(&x.v, halves, sizeof halves);
    return x;
}
inline auto quarters(Lanes<float> x) {
    typedef std::uint32_t Bits __attribute__((vector_size(lane_bytes)));
    typedef std::uint32_t HalfBits __attribute__((vector_size(lane_bytes / 2)));
    const WidePair wide = widen(x);
    const auto low = quarters(wide.low), high = quarters(wide.high);
    const HalfBits halves[2] = {__builtin_convertvector(low.n, HalfBits), __builtin_convertvector(high.n, HalfBits)};
    Quarters<float, Bits> result;
    std::memcpy(&result.n, halves, sizeof halves);
    result.r = narrow(low.r, high.r);
    return result;
}

template <class T>
inline Lanes<T> sin_of_quarter(Lanes<T> r) {
    const Lanes<T> z = r * r;
    if constexpr (Format<T>::is_float)
        return r + r * z * polynomial(z, -1.666666664e-1, 8.333329378e-3, -1.983933215e-4, 2.718282675e-6);
    else
        return r + r * z *
                       polynomial(z, -1.666666666666663168e-1, 8.333333333322315755e-3, -1.984126982972447798e-4,
                                  2.755731366179877088e-6, -2.505075324430358392e-8, 1.589650528472763195e-10);
}
template <class T>
inline Lanes<T> cos_of_quarter(Lanes<T> r) {
    const Lanes<T> z = r * r, half = 0.5 * z, most = 1 - half;
    Lanes<T> series;
    if constexpr (Format<T>::is_float)
        series = polynomial(z, 4.166666662e-2, -1.388888373e-3, 2.479951385e-5, -2.720971508e-7);
    else
        series = polynomial(z, 4.16666666666665988e-2, -1.388888888887400703e-3, 2.480158728940722447e-5,
                            -2.755731432974959855e-7, 2.087572005783851076e-9, -1.135947355988367815e-11);
    return most + (((1 - most) - half) + z * z * series);
}
template <class T, class Bits>
inline Mask<T> is_odd(Bits n) {
    return {(n & 1) != 0};
}
/// y with its sign flipped where bit 1 of n is set.
template <class T, class Bits>
inline Lanes<T> flip(Lanes<T> y, Bits n) {
    return from_bits<T>(bits_of(y) ^ ((n >> 1) << (8 * sizeof(T) - 1)));
}
/// y, and f(x) one by one where |x| is out of the reach of quarters(). Such arguments are rare.
template <class T, class F>
inline Lanes<T> with_far_lanes(Lanes<T> y, Lanes<T> x, F f) {
    const Mask<T> is_far = !(abs(x) <= Lanes<T>(quarter_limit));
    if (any(is_far)) [[unlikely]]
        for (int i = 0; i < Lanes<T>::count; ++i)
            if (is_far.m[i]) y.v[i] = f(x.v[i]);
    return y;
}

}  // namespace detail

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> exp(Lanes<T> x) {
    constexpr double low = detail::Format<T>::is_float ? -104 : -746, high = detail::Format<T>::is_float ? 89 : 710;
    const Mask<T> is_zero = x < low;
    x = select(is_zero, low, select(x > high, high, x));
    const auto [n, r, q] = detail::exp_parts(x);
    // 2^n in two factors, since one may lie outside the normal numbers; shifted up so that halving is unsigned. A product that
    // becomes subnormal or 0 takes the processor some 150 cycles, one by 0 does not: masked attention is full of exp(-infinity).
    const auto first = ((n + 4096) >> 1) - 2048;
    const Lanes<T> mantissa = select(is_zero, 0, 1 + (r + r * r * q));
    return mantissa * detail::power_of_two<T>(first) * detail::power_of_two<T>(n - first);
}

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> expm1(Lanes<T> x) {
    return select(abs(x) < 1e-18, x, detail::expm1_of_normal(x));
}

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> log(Lanes<T> x) {
    constexpr T scale = detail::Format<T>::is_float ? T(0x1p24) : T(0x1p53);
    const Mask<T> is_subnormal = x < std::numeric_limits<T>::min();
    auto [n, m] = detail::log_parts(select(is_subnormal, x * scale, x));
    n = select(is_subnormal, n - (detail::Format<T>::mantissa + 1), n);
    return detail::with_log_limits(detail::log_of_parts(n, m - 1, Lanes<T>(0)), x);
}

template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> log1p(Lanes<T> x) {
    const Lanes<T> u = 1 + x;
    const auto [n, m] = detail::log_parts(u);
    // What rounding 1 + x lost is added to first order, unless x itself can be used.
    const Mask<T> is_near = n == 0;
    const Lanes<T> lost = select(x > 1, 1 - (u - x), x - (u - 1)) / u;
    const Lanes<T> y = detail::log_of_parts(n, select(is_near, x, m - 1), select(is_near, 0, lost));
    return select(abs(x) < 1e-18, x, detail::with_log_limits(y, u));
}

/// With E = expm1(-2|x|) near 0 and expm1(2|x|) elsewhere: -E / (E + 2), and 1 - 2 / (E + 2).
template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> tanh(Lanes<T> x) {
    const Lanes<T> a = abs(x);
    const Mask<T> is_big = a > 0.55;
    const Lanes<T> twice = 2 * select(a > 22, 22, a);
    const Lanes<T> e = detail::expm1_of_normal(select(is_big, twice, -twice));
    const Lanes<T> quotient = select(is_big, 2, -e) / (e + 2);
    return select(a < 1e-18, x, detail::with_sign(select(is_big, 1 - quotient, quotient), x));
}

/// float: x P(x^2) / Q(x^2), fitted to the least relative error on [-3.92, 3.92], beyond which erf rounds to 1; then the last
/// bits of the coefficients were searched for the least error as computed, over every float from 1/8 to 3.94.
/// double: up to 1 x + x p(x^2), beyond 1 - exp(-x^2) P / Q of Cephes' ndtr.c.
template <class T>
[[nodiscard, gnu::always_inline]] inline Lanes<T> erf(Lanes<T> x) {
    using detail::polynomial;
    if constexpr (detail::Format<T>::is_float) {
        const Lanes<T> a = select(x > 3.92, 3.92, select(x < -3.92, -3.92, x));
        const Lanes<T> z = a * a;
        const Lanes<T> p = polynomial(z, 1.12837911, 0.189720586, 0.0514987595, 0.00358119328, 0.000230382197);
        const Lanes<T> q = polynomial(z, 1.0, 0.501467824, 0.112800322, 0.0144267483, 0.00105382781, 2.3159484e-05,
                                      -1.12209868e-07);
        const Lanes<T> y = a * p / q;
        const Lanes<T> bounded = select(x > 3.92 || y > 1, 1, select(x < -3.92 || y < -1, -1, y));
        return select(abs(x) < 1e-18, x + x * T(0.1283791671), bounded);  // subnormal products would lose digits
    } else {
        Lanes<T> a = abs(x);
        const Mask<T> is_big = a > 1;
        a = select(a > 6, 6, a);
        const Lanes<T> z = a * a;
        const Lanes<T> near = a + a * polynomial(z, 1.283791670955125738e-1, -3.761263890318374817e-1,
                                                 1.128379167095488427e-1, -2.686617064507783888e-2, 5.223977624828091927e-3,
                                                 -8.548326981406815627e-4, 1.205533113229777769e-4, -1.492559575692400654e-5,
                                                 1.646100824135516974e-6, -1.635039379826471638e-7, 1.466031293142315638e-8,
                                                 -1.137489657247987507e-9, 5.960588241818687296e-11);
        const Lanes<T> p = polynomial(a, 5.57535335369399327526e2, 1.02755188689515710272e3, 9.34528527171957607540e2,
                                      5.26445194995477358631e2, 1.96520832956077098242e2, 4.86371970985681366614e1,
                                      7.46321056442269912687, 5.64189564831068821977e-1, 2.46196981473530512524e-10);
        const Lanes<T> q = polynomial(a, 5.57535340817727675546e2, 1.65666309194161350182e3, 2.24633760818710981792e3,
                                      1.82390916687909736289e3, 9.75708501743205489753e2, 3.54937778887819891062e2,
                                      8.67072140885989742329e1, 1.32281951154744992508e1, 1.0);
        const Lanes<T> far = 1 - exp(-z) * p / q;
        return select(a < 1e-18, x + x * T(0.12837916709551257), detail::with_sign(select(is_big, far, near), x));
    }
}

template <class T>
[[nodiscard]] inline Lanes<T> sin(Lanes<T> x) {
    const auto [n, r] = detail::quarters(x);
    const Lanes<T> y = detail::flip(select(detail::is_odd<T>(n), detail::cos_of_quarter(r), detail::sin_of_quarter(r)), n);
    return detail::with_far_lanes(select(abs(x) < 1e-18, x, y), x, [](T v) { return std::sin(v); });
}

template <class T>
[[nodiscard]] inline Lanes<T> cos(Lanes<T> x) {
    const auto [n, r] = detail::quarters(x);
    const Lanes<T> y =
        detail::flip(select(detail::is_odd<T>(n), detail::sin_of_quarter(r), detail::cos_of_quarter(r)), n + (n & 1));
    return detail::with_far_lanes(y, x, [](T v) { return std::cos(v); });
}

template <class T>
[[nodiscard]] inline Lanes<T> tan(Lanes<T> x) {
    const auto [n, r] = detail::quarters(x);
    const Lanes<T> s = detail::sin_of_quarter(r), c = detail::cos_of_quarter(r);
    const Mask<T> is_odd = detail::is_odd<T>(n);
    const Lanes<T> y = select(is_odd, -c, s) / select(is_odd, s, c);
    return detail::with_far_lanes(select(abs(x) < 1e-18, x, y), x, [](T v) { return std::tan(v); });
}

/// Float goes through double: exp(b log(a)), so within 0.51 ulp. Zero, negative and infinite bases, and doubles, are
/// done one by one.
template <class T>
[[nodiscard]] inline Lanes<T> pow(Lanes<T> a, Lanes<T> b) {
    Lanes<T> y;
    Mask<T> is_odd_one{};
    if constexpr (detail::Format<T>::is_float) {
        const detail::WidePair base = detail::widen(a), exponent = detail::widen(b);
        y = detail::narrow(exp(exponent.low * log(base.low)), exp(exponent.high * log(base.high)));
        is_odd_one = !(a > 0 && a < std::numeric_limits<T>::infinity() && abs(b) < std::numeric_limits<T>::infinity());
        if (!detail::any(is_odd_one)) [[likely]]
            return y;
    } else {
        is_odd_one = !is_odd_one;
    }
    for (int i = 0; i < Lanes<T>::count; ++i)
        if (is_odd_one.m[i]) y.v[i] = std::pow(a.v[i], b.v[i]);
    return y;
}

/// Small whole exponents are products.
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> pow(Lanes<T> a, U b) {
    if (b == 1) return a;
    if (b == 2) return a * a;
    if (b == 3) return a * a * a;
    if (b == 0.5 && !detail::any(!(a > 0))) return sqrt(a);
    return pow(a, Lanes<T>(b));
}
template <class T, class U>
    requires std::is_arithmetic_v<U>
[[nodiscard]] inline Lanes<T> pow(U a, Lanes<T> b) {
    return pow(Lanes<T>(a), b);
}

/// 1 / (1 + exp(-x)) for lanes and numbers, without overflow.
template <class T>
    requires(detail::is_lanes<T> || std::is_floating_point_v<T>)
[[nodiscard]] inline T sigmoid(T x) {
    using std::abs, std::exp;
    const T t = exp(-abs(x));
    return select(x < 0, t, T(1)) / (1 + t);
}
/// log(1 + exp(x)) for lanes and numbers, without overflow.
template <class T>
    requires(detail::is_lanes<T> || std::is_floating_point_v<T>)
[[nodiscard]] inline T softplus(T x) {
    using std::abs, std::exp, std::log1p;
    return maximum(x, T(0)) + log1p(exp(-abs(x)));
}

}  // namespace cotangent
