#include "cotangent/grad/compile/divide_by_number.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;

namespace {

/// Any bits at all, numbers near one, and the ends of the range.
template <class T, class Bits>
std::vector<T> hard_numbers(std::mt19937_64& random, std::size_t count) {
    std::vector<T> numbers;
    const auto push = [&](Bits bits) {
        T x;
        std::memcpy(&x, &bits, sizeof x);
        numbers.push_back(x);
    };
    Bits one;
    const T unit = 1;
    std::memcpy(&one, &unit, sizeof one);
    while (numbers.size() < count) {
        const auto bits = static_cast<Bits>(random());
        switch (numbers.size() % 4) {
            case 0: push(bits); break;
            case 1: push(one + bits % (Bits(1) << (sizeof(T) == 4 ? 24 : 53))); break;
            case 2: push(one + (sizeof(T) == 4 ? (Bits(1) << 23) : static_cast<Bits>(1ull << 52)) - 1 - bits % 64); break;
            default: push(one + bits % 64); break;
        }
    }
    const T infinity = std::numeric_limits<T>::infinity();
    for (const T x : {T(0), -T(0), infinity, -infinity, std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::min(),
                      std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::max()})
        numbers[random() % count] = x;
    return numbers;
}

template <class T, class Bits>
void check_quotients(std::size_t divisors) {
    std::mt19937_64 random(7);
    const std::vector<T> by = hard_numbers<T, Bits>(random, divisors);
    for (const T s : by) {
        const std::vector<T> x = hard_numbers<T, Bits>(random, 1003);
        std::vector<T> seen(x.size());
        const T y = 1 / s;
        const std::byte* in[] = {reinterpret_cast<const std::byte*>(x.data()), reinterpret_cast<const std::byte*>(&s),
                                 reinterpret_cast<const std::byte*>(&y)};
        std::byte* out[] = {reinterpret_cast<std::byte*>(seen.data())};
        ct::detail::divide_by_number<T>(nullptr, in, nullptr, out, static_cast<std::int64_t>(x.size()));
        for (std::size_t k = 0; k < x.size(); ++k) {
            const T expected = x[k] / s;
            const bool same =
                std::memcmp(&seen[k], &expected, sizeof expected) == 0 || (seen[k] != seen[k] && expected != expected);
            if (same) continue;
            CAPTURE(x[k]);
            CAPTURE(s);
            REQUIRE(seen[k] == expected);
            REQUIRE(std::signbit(seen[k]) == std::signbit(expected));
        }
    }
}

}  // namespace

TEST_CASE("many numbers divided by one are rounded as a division rounds") {
    if constexpr (!ct::detail::has_exact_remainders) return;
    check_quotients<double, std::uint64_t>(4000);
    check_quotients<float, std::uint32_t>(4000);
}

TEST_CASE("a compiled division by one number is the division") {
    ct::Rng rng(2);
    const auto f = [](const ct::Tensor& x, const ct::Tensor& s) { return ct::exp(x) / s + x / (s + 1.0); };
    auto compiled = ct::compile(f);
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        const ct::Tensor x = ct::normal(rng, {3001}, 0, 1, dtype), s = ct::normal(rng, {}, 0, 1, dtype);
        CHECK(compiled(x, s).to_vector<double>() == f(x, s).to_vector<double>());
    }
}
