#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace cotangent::data::detail {

/// Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators": enough for shuffles and augmentation.
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

/// A seed for part `index` of the work that `seed` stands for.
inline std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t index) {
    SplitMix random{seed};
    random.state = random.next() ^ (index * 0xd1342543de82ef95u);
    return random.next();
}

template <class T>
void shuffle(std::vector<T>& values, SplitMix& random) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace cotangent::data::detail
