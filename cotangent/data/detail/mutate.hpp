#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cotangent/data/detail/split_mix.hpp"
#include "cotangent/tensor/error.hpp"

// For this room's tests only.
namespace cotangent::data::testing {

/// Damages valid files in many ways and reads them: each is still valid or an error of ours. Sanitizers watch the rest.
/// Returns how many were refused.
template <class F>
int survive_mutations(const std::vector<std::byte>& valid, int rounds, F&& read) {
    detail::SplitMix random{valid.size()};
    int refused = 0;
    for (int round = 0; round < rounds; ++round) {
        auto bytes = valid;
        const auto changes = 1 + random.below(4);
        for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
            // Headers are short and matter most: half of all changes fall into the first 64 bytes.
            const std::size_t at = random.below(random.below(2) ? std::min<std::size_t>(64, bytes.size()) : bytes.size());
            switch (random.below(6)) {
                case 0: bytes[at] = static_cast<std::byte>(random.below(256)); break;
                case 1: bytes[at] ^= static_cast<std::byte>(1u << random.below(8)); break;
                case 2: bytes[at] = random.below(2) ? std::byte{0xff} : std::byte{0}; break;
                case 3: bytes.resize(at); break;
                case 4: bytes.insert(bytes.begin() + at, static_cast<std::byte>(random.below(256))); break;
                default: bytes.erase(bytes.begin() + at, bytes.begin() + std::min(bytes.size(), at + 1 + random.below(8)));
            }
        }
        try {
            read(bytes);
        } catch (const Error&) {
            ++refused;
        }
    }
    return refused;
}

}  // namespace cotangent::data::testing
