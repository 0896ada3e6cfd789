#pragma once
#include <cstdint>

namespace cotangent::data::detail {

/// Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators": numbers within
/// one picture, seeded by its Rng; many a pixel, so cheaper than Philox.
struct SplitMix {
    std::uint64_t state;

    std::uint64_t next() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, 1).
    float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24f; }
    float uniform(float low, float high) { return low + (high - low) * uniform(); }
    /// Uniform in [0, count): the high half of the product is unbiased up to count / 2^64.
    std::uint64_t below(std::uint64_t count) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<Wide>(next()) * count) >> 64);
    }
};

}  // namespace cotangent::data::detail
