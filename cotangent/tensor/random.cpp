// Numbers are made in groups of 16 blocks = 64 words of 32 bits, a size that the compiler turns into vector code. A draw
// takes whole groups; group g of a draw is that of counter position + 16 g, whichever thread makes it.
#include "cotangent/tensor/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

constexpr std::uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
constexpr std::uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;
constexpr int group_blocks = 16;
constexpr int group_words = 4 * group_blocks;
constexpr std::int64_t groups_per_piece = 256;

using Words = std::array<std::uint32_t, group_words>;

/// Word w of block b lands at [16 w + b].
Words make_group(const std::array<std::uint64_t, 3>& state, std::uint64_t group) {
    std::uint32_t x0[group_blocks], x1[group_blocks], x2[group_blocks], x3[group_blocks];
    const auto [key, stream, start] = state;
    const std::uint64_t position = start + group * group_blocks;
    for (unsigned b = 0; b < group_blocks; ++b) {
        x0[b] = static_cast<std::uint32_t>(position + b);
        x1[b] = static_cast<std::uint32_t>((position + b) >> 32);
        x2[b] = static_cast<std::uint32_t>(stream);
        x3[b] = static_cast<std::uint32_t>(stream >> 32);
    }
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        for (int b = 0; b < group_blocks; ++b) {
            const std::uint64_t p0 = std::uint64_t{multiplier_0} * x0[b], p1 = std::uint64_t{multiplier_1} * x2[b];
            x0[b] = static_cast<std::uint32_t>(p1 >> 32) ^ x1[b] ^ k0;
            x1[b] = static_cast<std::uint32_t>(p1);
            x2[b] = static_cast<std::uint32_t>(p0 >> 32) ^ x3[b] ^ k1;
            x3[b] = static_cast<std::uint32_t>(p0);
        }
        k0 += weyl_0;
        k1 += weyl_1;
    }
    Words words;
    std::copy(x0, x0 + group_blocks, words.begin());
    std::copy(x1, x1 + group_blocks, words.begin() + group_blocks);
    std::copy(x2, x2 + group_blocks, words.begin() + 2 * group_blocks);
    std::copy(x3, x3 + group_blocks, words.begin() + 3 * group_blocks);
    return words;
}

constexpr int group_longs = group_words / 2;
using Longs = std::array<std::uint64_t, group_longs>;

Longs longs_of(const Words& words) {
    Longs longs;
    for (int i = 0; i < group_longs; ++i) longs[i] = std::uint64_t{words[i]} << 32 | words[group_longs + i];
    return longs;
}

/// Fills `count` elements, `n` a group: `make(words, out)` writes all n of a group.
template <int n, class T, class Make>
void fill(Rng& rng, T* to, std::int64_t count, const Make& make) {
    const auto state = rng.state();
    const std::int64_t groups = (count + n - 1) / n;
    parallel_for(groups, groups_per_piece, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t g = first; g < last; ++g) {
            const Words words = make_group(state, static_cast<std::uint64_t>(g));
            if ((g + 1) * n <= count) {
                make(words, to + g * n);
            } else {
                T part[n];
                make(words, part);
                std::copy_n(part, count - g * n, to + g * n);
            }
        }
    });
    rng.skip(static_cast<std::uint64_t>(groups) * group_blocks);
}

/// Draws float32 or float64 with `f32` or `f64`, bfloat16 through float32.
template <class Make32, class Make64>
Tensor draw(const char* op, Rng& rng, const Shape& shape, Dtype dtype, const Make32& f32, const Make64& f64) {
    if (!is_floating(dtype)) detail::throw_dtype(op, dtype, "a floating dtype");
    Tensor out = Tensor::uninitialized(shape, dtype == Dtype::bfloat16 ? Dtype::float32 : dtype);
    if (dtype == Dtype::float64) fill<group_longs>(rng, out.fresh_data<double>(), out.size(), f64);
    else fill<group_words>(rng, out.fresh_data<float>(), out.size(), f32);
    return dtype == Dtype::bfloat16 ? detail::to_bfloat16(out) : out;
}

/// sin and cos of a in [-pi/4, pi/4] by Taylor's series, whose remainder is below eps/4 there.
template <class T>
std::pair<Lanes<T>, Lanes<T>> sine_and_cosine(Lanes<T> a) {
    using L = Lanes<T>;
    const L z = a * a;
    L sine(0), cosine(0);
    constexpr int last = sizeof(T) == 4 ? 9 : 17;  // the highest power kept in the sine
    double factorial = 1;
    double coefficients[last + 1];
    for (int k = 0; k <= last; ++k) {
        if (k > 1) factorial *= k;
        coefficients[k] = ((k / 2) % 2 ? -1.0 : 1.0) / factorial;
    }
    for (int k = last; k >= 1; k -= 2) {
        sine = sine * z + coefficients[k];
        cosine = cosine * z + coefficients[k - 1];
    }
    return {sine * a, cosine};
}

/// Box and Muller: radius from u in (0, 1), angle from a quadrant and an offset in [-pi/4, pi/4).
template <class T, int half>
void box_muller(const T* u, const T* offset, const std::int32_t* quadrant, double mean, double deviation, T* out) {
    using L = Lanes<T>;
    for (int i = 0; i < half; i += L::count) {
        const L radius = sqrt(-2 * log(L::load(u + i))) * deviation;
        const auto [sine, cosine] = sine_and_cosine(L::load(offset + i));
        (radius * cosine).store(out + i);
        (radius * sine).store(out + half + i);
    }
    for (int i = 0; i < half; ++i) {  // turn by the quadrant
        const T x = out[i], y = out[half + i];
        const bool odd = quadrant[i] & 1;
        const T sign = quadrant[i] & 2 ? T(-1) : T(1);
        out[i] = T(mean) + sign * (odd ? -y : x);
        out[half + i] = T(mean) + sign * (odd ? x : y);
    }
}

/// The standard normal's distribution function, inverted: Giles' approximation and a step of Halley's method.
/// @source  Giles 2010, "Approximating the erfinv function"
double normal_quantile(double p) {
    const double x = 2 * p - 1;
    double w = -std::log(4 * p * (1 - p)), y;
    if (w < 5) {
        w -= 2.5;
        y = 2.81022636e-08;
        for (const double c : {3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
                               0.246640727, 1.50140941})
            y = y * w + c;
    } else {
        w = std::sqrt(w) - 3;
        y = -0.000200214257;
        for (const double c : {0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
                               1.00167406, 2.83297682})
            y = y * w + c;
    }
    double z = std::numbers::sqrt2 * y * x;
    const double error = 0.5 * std::erfc(-z / std::numbers::sqrt2) - p;
    const double step = error * std::sqrt(2 * std::numbers::pi) * std::exp(0.5 * z * z);
    return z - step / (1 + 0.5 * z * step);
}

}  // namespace

namespace detail {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = std::uint64_t{multiplier_0} * counter[0], p1 = std::uint64_t{multiplier_1} * counter[2];
        counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
                   static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
        key[0] += weyl_0;
        key[1] += weyl_1;
    }
    return counter;
}

}  // namespace detail

namespace {

/// 128 bits of the block at `low`, `high` of the sequence of `key`.
std::pair<std::uint64_t, std::uint64_t> block_at(std::uint64_t low, std::uint64_t high, std::uint64_t key) {
    const auto word = [](std::uint64_t x, int shift) { return static_cast<std::uint32_t>(x >> shift); };
    const auto b = detail::philox({word(low, 0), word(low, 32), word(high, 0), word(high, 32)}, {word(key, 0), word(key, 32)});
    return {std::uint64_t{b[1]} << 32 | b[0], std::uint64_t{b[3]} << 32 | b[2]};
}

}  // namespace

Rng Rng::from_state(const std::array<std::uint64_t, 3>& state) {
    Rng rng(state[0]);
    rng.stream_ = state[1];
    rng.position_ = state[2];
    return rng;
}

// A child's key and stream are a block of its parent that no draw will see again.
Rng Rng::split() {
    detail::refuse_stream("split", *this);
    const auto [key, stream] = block_at(position_++, stream_, key_);
    return from_state({key, stream, 0});
}

std::vector<Rng> Rng::split(std::int64_t count) {
    if (count < 0) throw ValueError(fmt::format("split: count is {}, expected at least 0", count));
    std::vector<Rng> streams;
    streams.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) streams.push_back(split());
    return streams;
}

// Two blocks: the first mixes the state under another key than draws use, the second mixes in the index.
Rng Rng::fork(std::uint64_t index) const {
    detail::refuse_stream("fork", *this);
    const auto [mixed_key, mixed_stream] = block_at(position_, stream_, key_ ^ 0x6A09E667F3BCC908u);
    const auto [key, stream] = block_at(index, mixed_stream, mixed_key);
    return from_state({key, stream, 0});
}

std::uint64_t Rng::bits() {
    detail::refuse_stream("bits", *this);
    return block_at(position_++, stream_, key_).first;
}

namespace {

Tensor uniform_now(Rng& rng, const Shape& shape, double low, double high, Dtype dtype) {
    if (!(low <= high) || !std::isfinite(high - low))
        throw ValueError(fmt::format("uniform: low and high are {} and {}, expected finite low <= high", low, high));
    const auto make = [&]<class T>(T) {
        return [low_t = T(low), range = T(high - low), below = std::max(T(low), std::nextafter(T(high), T(low)))](
                   const Words& words, T* out) {
            if constexpr (sizeof(T) == 4) {
                for (int i = 0; i < group_words; ++i)
                    out[i] = std::min(below, low_t + range * (static_cast<T>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24f));
            } else {
                const Longs longs = longs_of(words);
                for (int i = 0; i < group_longs; ++i)
                    out[i] = std::min(below, low_t + range * (static_cast<T>(static_cast<std::int64_t>(longs[i] >> 11)) * 0x1p-53));
            }
        };
    };
    Tensor out = draw("uniform", rng, shape, dtype, make(float{}), make(double{}));
    if (dtype == Dtype::bfloat16 && low < high) {  // rounding to 8 bits may reach `high`: step below it
        const auto top = BFloat16(static_cast<float>(high));
        for (BFloat16& value : out.mutable_values<BFloat16>())
            if (value.bits == top.bits) {
                const float v = static_cast<float>(value);
                const auto bits = std::bit_cast<std::uint32_t>(v > 0 ? v * (1 - 0x1p-8f) : v < 0 ? v * (1 + 0x1p-7f) : -0x1p-126f);
                value.bits = static_cast<std::uint16_t>(bits >> 16);
            }
    }
    return out;
}

Tensor integers_now(Rng& rng, const Shape& shape, std::int64_t low, std::int64_t high, Dtype dtype) {
    if (high <= low) throw ValueError(fmt::format("integers: high is {}, expected more than low = {}", high, low));
    if (is_floating(dtype) || dtype == Dtype::boolean) detail::throw_dtype("integers", dtype, "int32, int64 or uint8");
    Tensor out = Tensor::uninitialized(shape, dtype);
    dispatch(dtype, [&]<class T>(T) {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            if (low < std::int64_t{std::numeric_limits<T>::min()} || high - 1 > std::int64_t{std::numeric_limits<T>::max()})
                throw ValueError(fmt::format("integers: [{}, {}) does not fit {}", low, high, name(dtype)));
            // The upper half of range * bits: off from uniform by at most range / 2^64.
            const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
            fill<group_longs>(rng, out.fresh_data<T>(), out.size(), [=](const Words& words, T* to) {
                const Longs longs = longs_of(words);
                for (int i = 0; i < group_longs; ++i) {
                    __extension__ using Wide = unsigned __int128;
                    const auto offset = static_cast<std::uint64_t>(Wide{longs[i]} * range >> 64);
                    to[i] = static_cast<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset));
                }
            });
        }
    });
    return out;
}

Tensor normal_now(Rng& rng, const Shape& shape, double mean, double deviation, Dtype dtype) {
    if (!(deviation >= 0) || !std::isfinite(mean) || !std::isfinite(deviation))
        throw ValueError(fmt::format("normal: mean and deviation are {} and {}, expected finite and deviation >= 0", mean, deviation));
    const auto f32 = [=](const Words& words, float* out) {
        constexpr int half = group_words / 2;
        float u[half], offset[half];
        std::int32_t quadrant[half];
        for (int i = 0; i < half; ++i) {
            const auto k = static_cast<std::int32_t>(words[i] >> 1);
            u[i] = (static_cast<float>(k) + 0.5f) * (0x1p-31f * (1 - 0x1p-24f));  // rounding up must not reach 1
            const std::uint32_t angle = words[half + i];
            quadrant[i] = static_cast<std::int32_t>(angle >> 30);
            offset[i] = static_cast<float>(static_cast<std::int32_t>(angle << 2)) * static_cast<float>(std::numbers::pi * 0x1p-33);
        }
        box_muller<float, half>(u, offset, quadrant, mean, deviation, out);
    };
    const auto f64 = [=](const Words& words, double* out) {
        constexpr int half = group_longs / 2;
        double u[half], offset[half];
        std::int32_t quadrant[half];
        const Longs longs = longs_of(words);
        for (int i = 0; i < half; ++i) {
            u[i] = (static_cast<double>(static_cast<std::int64_t>(longs[i] >> 12)) + 0.5) * 0x1p-52;
            const std::uint64_t angle = longs[half + i];
            quadrant[i] = static_cast<std::int32_t>(angle >> 62);
            offset[i] = static_cast<double>(static_cast<std::int64_t>(angle << 2)) * (std::numbers::pi * 0x1p-65);
        }
        box_muller<double, half>(u, offset, quadrant, mean, deviation, out);
    };
    return draw("normal", rng, shape, dtype, f32, f64);
}

Tensor truncated_normal_now(Rng& rng, const Shape& shape, double low, double high, Dtype dtype) {
    if (!(low < high) || low < -8 || high > 8)
        throw ValueError(fmt::format("truncated_normal: low and high are {} and {}, expected low < high within [-8, 8]", low, high));
    // The upper tail is drawn as the lower one, where the distribution function keeps its digits.
    const bool flip = low > 0;
    const double from = flip ? -high : low, to = flip ? -low : high;
    const auto phi = [](double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); };
    const double first = phi(from), range = phi(to) - first;
    const auto make = [&]<class T>(T) {
        return [=](const Words& words, T* out) {
            const auto value = [&](double u) {
                const double z = std::clamp(normal_quantile(first + range * u), from, to);
                return static_cast<T>(flip ? -z : z);
            };
            if constexpr (sizeof(T) == 4) {
                for (int i = 0; i < group_words; ++i) out[i] = value((words[i] + 0.5) * 0x1p-32);
            } else {
                const Longs longs = longs_of(words);
                for (int i = 0; i < group_longs; ++i) out[i] = value((static_cast<double>(longs[i] >> 12) + 0.5) * 0x1p-52);
            }
        };
    };
    return draw("truncated_normal", rng, shape, dtype, make(float{}), make(double{}));
}

Tensor bernoulli_now(Rng& rng, const Shape& shape, double probability) {
    if (!(probability >= 0 && probability <= 1))
        throw ValueError(fmt::format("bernoulli: probability is {}, expected 0 to 1", probability));
    Tensor out = Tensor::uninitialized(shape, Dtype::boolean);
    const auto limit = static_cast<std::uint64_t>(std::ldexp(probability, 32));
    fill<group_words>(rng, out.fresh_data<bool>(), out.size(), [=](const Words& words, bool* to) {
        if (limit >> 32) std::fill_n(to, group_words, true);
        else
            for (int i = 0; i < group_words; ++i) to[i] = words[i] < static_cast<std::uint32_t>(limit);
    });
    return out;
}

Tensor categorical_now(Rng& rng, const Tensor& logits) {
    if (logits.rank() == 0 || logits.shape().back() == 0)
        throw ShapeError(fmt::format("categorical: logits have shape {}, expected [..., K] with K >= 1", to_string(logits.shape())));
    if (!is_floating(logits.dtype())) detail::throw_dtype("categorical", logits.dtype(), "a floating dtype");
    Shape shape = logits.shape();
    shape.erase(shape.rank() - 1);
    const std::int64_t classes = logits.shape().back();
    const Tensor chance = uniform_now(rng, shape, 0, 1, Dtype::float64);
    Tensor out = Tensor::uninitialized(shape, Dtype::int64);
    dispatch(logits.dtype(), [&]<class T>(T) {
        if constexpr (!std::is_integral_v<T>) {
            parallel_for(out.size(), std::max<std::int64_t>(1, 4096 / classes), [&](std::int64_t first, std::int64_t last) {
                std::vector<double> sums(static_cast<std::size_t>(classes));
                for (std::int64_t row = first; row < last; ++row) {
                    const auto at = [&](std::int64_t k) {
                        if constexpr (std::is_same_v<T, BFloat16>) return static_cast<double>(static_cast<float>(logits.data<T>()[row * classes + k]));
                        else return static_cast<double>(logits.data<T>()[row * classes + k]);
                    };
                    double top = at(0), sum = 0;
                    for (std::int64_t k = 1; k < classes; ++k) top = std::max(top, at(k));
                    for (std::int64_t k = 0; k < classes; ++k) sums[k] = sum += std::exp(at(k) - top);
                    if (!std::isfinite(top) || !std::isfinite(sum))
                        throw ValueError(fmt::format("categorical: row {} has logits without a finite maximum", row));
                    const double wanted = chance.data<double>()[row] * sum;
                    const auto found = std::upper_bound(sums.begin(), sums.end(), wanted);
                    out.fresh_data<std::int64_t>()[row] = std::min<std::int64_t>(found - sums.begin(), classes - 1);
                }
            });
        }
    });
    return out;
}

Tensor permutation_now(Rng& rng, std::int64_t n) {
    if (n < 0) throw ValueError(fmt::format("permutation: n is {}, expected at least 0", n));
    Tensor out = Tensor::uninitialized({n}, Dtype::int64);
    std::int64_t* order = out.fresh_data<std::int64_t>();
    std::iota(order, order + n, std::int64_t{0});
    // Fisher and Yates, from the end; the numbers come a group at a time.
    const auto state = rng.state();
    Longs longs{};
    for (std::int64_t i = n - 1, drawn = 0; i > 0; --i, ++drawn) {
        if (drawn % group_longs == 0) longs = longs_of(make_group(state, static_cast<std::uint64_t>(drawn / group_longs)));
        __extension__ using Wide = unsigned __int128;
        const auto j = static_cast<std::int64_t>(Wide{longs[drawn % group_longs]} * static_cast<std::uint64_t>(i + 1) >> 64);
        std::swap(order[i], order[j]);
    }
    rng.skip(static_cast<std::uint64_t>((std::max<std::int64_t>(n - 1, 0) + group_longs - 1) / group_longs) * group_blocks);
    return out;
}

}  // namespace

Tensor uniform(Rng& rng, const Shape& shape, double low, double high, Dtype dtype) {
    return detail::traced_draw("uniform", rng, [=](Rng& from) { return uniform_now(from, shape, low, high, dtype); });
}

Tensor integers(Rng& rng, const Shape& shape, std::int64_t low, std::int64_t high, Dtype dtype) {
    return detail::traced_draw("integers", rng, [=](Rng& from) { return integers_now(from, shape, low, high, dtype); });
}

Tensor normal(Rng& rng, const Shape& shape, double mean, double deviation, Dtype dtype) {
    return detail::traced_draw("normal", rng, [=](Rng& from) { return normal_now(from, shape, mean, deviation, dtype); });
}

Tensor truncated_normal(Rng& rng, const Shape& shape, double low, double high, Dtype dtype) {
    return detail::traced_draw("truncated_normal", rng,
                               [=](Rng& from) { return truncated_normal_now(from, shape, low, high, dtype); });
}

Tensor bernoulli(Rng& rng, const Shape& shape, double probability) {
    return detail::traced_draw("bernoulli", rng, [=](Rng& from) { return bernoulli_now(from, shape, probability); });
}

Tensor categorical(Rng& rng, const Tensor& logits) { return detail::traced_draw("categorical", rng, categorical_now, logits); }

Tensor permutation(Rng& rng, std::int64_t n) {
    return detail::traced_draw("permutation", rng, [=](Rng& from) { return permutation_now(from, n); });
}

}  // namespace cotangent
