#include "cotangent/tensor/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;
using ct::Rng;

namespace {

using Block = std::array<std::uint32_t, 4>;

double mean_of(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0) / double(x.size()); }

/// The Kolmogorov-Smirnov distance times sqrt(n): above 2.3 once in 20,000 for a true sample (2 exp(-2 * 2.3^2)).
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> x, const Cdf& cdf) {
    std::sort(x.begin(), x.end());
    double worst = 0;
    const auto n = double(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double p = cdf(x[i]);
        worst = std::max({worst, p - double(i) / n, double(i + 1) / n - p});
    }
    return worst * std::sqrt(n);
}

double phi(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

}  // namespace

// Random123 1.14, tests/kat_vectors, philox4x32 10.
TEST_CASE("philox gives the known answers of Random123") {
    CHECK(ct::detail::philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    const std::uint32_t f = 0xffffffff;
    CHECK(ct::detail::philox({f, f, f, f}, {f, f}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(ct::detail::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("uniform reads the words of philox in groups of 16 blocks") {
    Rng rng = Rng::from_state({0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88});
    const auto x = ct::uniform(rng, {64}).to_vector<float>();
    CHECK(x[0] == float(0xd16cfe09 >> 8) * 0x1p-24f);
    CHECK(x[16] == float(0x94fdcceb >> 8) * 0x1p-24f);
    CHECK(x[32] == float(0x5001e420 >> 8) * 0x1p-24f);
    CHECK(x[48] == float(0x24126ea1 >> 8) * 0x1p-24f);
    CHECK(rng.state()[2] == 0x85a308d3243f6a88 + 16);
}

TEST_CASE("the same seed gives the same numbers for any number of threads, and draws move on") {
    const int before = ct::thread_count();
    const ct::Shape shape{70001};
    for (const auto draw : {+[](Rng& r, const ct::Shape& s) { return ct::uniform(r, s); }, +[](Rng& r, const ct::Shape& s) { return ct::normal(r, s); },
                            +[](Rng& r, const ct::Shape& s) { return ct::normal(r, s, 0, 1, ct::Dtype::float64); },
                            +[](Rng& r, const ct::Shape& s) { return ct::bernoulli(r, s, 0.3); },
                            +[](Rng& r, const ct::Shape& s) { return ct::truncated_normal(r, s); },
                            +[](Rng& r, const ct::Shape& s) { return ct::integers(r, s, -5, 9); },
                            +[](Rng& r, const ct::Shape& s) { return ct::permutation(r, s.size()); }}) {
        Rng one(7), many(7);
        ct::set_thread_count(1);
        const auto a = draw(one, shape), next = draw(one, shape);
        ct::set_thread_count(3);
        const auto b = draw(many, shape);
        CHECK(std::equal(a.raw(), a.raw() + a.bytes(), b.raw()));
        CHECK_FALSE(std::equal(a.raw(), a.raw() + a.bytes(), next.raw()));
        CHECK(one != many);
    }
    ct::set_thread_count(before);
}

TEST_CASE("split and fork give streams that differ from each other and from their parent") {
    Rng parent(3);
    const Rng start = parent;
    std::set<std::uint64_t> seen;
    for (Rng& child : parent.split(100)) seen.insert(child.bits());
    for (std::uint64_t i = 0; i < 100; ++i) seen.insert(start.fork(i).bits());
    for (int i = 0; i < 100; ++i) seen.insert(parent.bits());
    CHECK(seen.size() == 300);
    CHECK(start.fork(5) == start.fork(5));
    CHECK(start.fork(5) != parent.fork(5));
    CHECK(Rng(1) != Rng(2));
    CHECK(Rng::from_state(parent.state()) == parent);
}

// A correlation of n = 20,000 true pairs is beyond 4.5 / sqrt(n) once in 150,000.
TEST_CASE("streams of neighbouring seeds, splits and forks are not correlated") {
    constexpr int n = 20000;
    const auto correlation = [](Rng a, Rng b) {
        const auto x = ct::normal(a, {n}).to_vector<double>(), y = ct::normal(b, {n}).to_vector<double>();
        return std::inner_product(x.begin(), x.end(), y.begin(), 0.0) / n;
    };
    const double bound = 4.5 / std::sqrt(double(n));
    Rng rng(11);
    const Rng child = rng.split(), sibling = rng.split();
    CHECK(std::abs(correlation(Rng(0), Rng(1))) < bound);
    CHECK(std::abs(correlation(child, sibling)) < bound);
    CHECK(std::abs(correlation(child, rng)) < bound);
    CHECK(std::abs(correlation(rng.fork(0), rng.fork(1))) < bound);
    CHECK(std::abs(correlation(rng.fork(0), rng)) < bound);
}

// Each of the checks fails for a true sample once in 20,000 seeds.
TEST_CASE("draws have the distribution they name") {
    constexpr double limit = 2.3;
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        Rng rng(42);
        CHECK(kolmogorov_smirnov(ct::uniform(rng, {20000}, -1, 3, dtype).to_vector<double>(), [](double x) { return (x + 1) / 4; }) < limit);
        CHECK(kolmogorov_smirnov(ct::normal(rng, {20000}, 2, 0.5, dtype).to_vector<double>(), [](double x) { return phi((x - 2) / 0.5); }) <
              limit);
        CHECK(kolmogorov_smirnov(ct::truncated_normal(rng, {20000}, -2, 2, dtype).to_vector<double>(),
                                 [](double x) { return (phi(x) - phi(-2)) / (phi(2) - phi(-2)); }) < limit);
        CHECK(kolmogorov_smirnov(ct::truncated_normal(rng, {20000}, 3, 8, dtype).to_vector<double>(),
                                 [](double x) { return 1 - (phi(-x) - phi(-8)) / (phi(-3) - phi(-8)); }) < limit);
    }
}

// The largest of 10^6 normal draws is below 3.9 once in 10^21, the sample's deviation off by 0.004 once in 10^8.
TEST_CASE("normal has tails and a unit deviation") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        Rng rng(5);
        const auto x = ct::normal(rng, {1'000'000}, 0, 1, dtype).to_vector<double>();
        CHECK(std::abs(*std::max_element(x.begin(), x.end())) > 3.9);
        CHECK(std::abs(*std::max_element(x.begin(), x.end())) < 7);
        CHECK(std::abs(mean_of(x)) < 0.005);
        CHECK(std::abs(std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / 1e6) - 1) < 0.004);
    }
}

TEST_CASE("uniform stays below its upper end in every dtype") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16})
        for (const auto& [low, high] : {std::pair{0.0, 1.0}, {-3.0, -1.0}, {16777216.0, 16777218.0}, {-1.0, 0.0}}) {
            if (dtype == ct::Dtype::bfloat16 && low > 100) continue;
            Rng rng(1);
            const auto x = ct::uniform(rng, {5000}, low, high, dtype).to_vector<double>();
            CHECK(*std::max_element(x.begin(), x.end()) < high);
            CHECK(*std::min_element(x.begin(), x.end()) >= low);
        }
}

// A count of n = 30,000 is 5 standard deviations off once in 1.7 million.
TEST_CASE("bernoulli, categorical and integers have the probabilities asked for") {
    constexpr int n = 30000;
    const auto near = [](double count, double p) { return std::abs(count - n * p) < 5 * std::sqrt(n * p * (1 - p)); };
    Rng rng(9);
    for (const double p : {0.1, 0.5, 0.99}) {
        const auto x = ct::bernoulli(rng, {n}, p).to_vector<int>();
        CHECK(near(double(std::count(x.begin(), x.end(), 1)), p));
    }
    CHECK(mean_of(ct::bernoulli(rng, {100}, 0).to_vector<double>()) == 0);
    CHECK(mean_of(ct::bernoulli(rng, {100}, 1).to_vector<double>()) == 1);

    std::vector<float> logits;
    for (int i = 0; i < n; ++i)
        for (const double p : {0.2, 0.0, 0.5, 0.3}) logits.push_back(float(std::log(p) + 3));
    const auto classes = ct::categorical(rng, ct::Tensor::from(logits, {n, 4})).to_vector<int>();
    CHECK(near(double(std::count(classes.begin(), classes.end(), 0)), 0.2));
    CHECK(std::count(classes.begin(), classes.end(), 1) == 0);
    CHECK(near(double(std::count(classes.begin(), classes.end(), 2)), 0.5));

    const auto dice = ct::integers(rng, {n}, 1, 7, ct::Dtype::uint8).to_vector<int>();
    for (int face = 0; face < 9; ++face) {
        const auto count = double(std::count(dice.begin(), dice.end(), face));
        if (face >= 1 && face <= 6) CHECK(near(count, 1 / 6.0));
        else CHECK(count == 0);
    }
}

TEST_CASE("permutation gives every order of 3 things equally often") {
    Rng rng(2);
    std::vector<int> counts(27, 0);
    for (int i = 0; i < 6000; ++i) {
        const auto p = ct::permutation(rng, 3).to_vector<int>();
        ++counts[std::size_t(9 * p[0] + 3 * p[1] + p[2])];
    }
    CHECK(std::count(counts.begin(), counts.end(), 0) == 21);
    for (const int count : counts)
        if (count) CHECK(std::abs(count - 1000) < 150);  // 5.2 deviations: once in 5 million, six times
    auto sorted = ct::permutation(rng, 1000).to_vector<int>();
    std::sort(sorted.begin(), sorted.end());
    for (int i = 0; i < 1000; ++i) CHECK(sorted[std::size_t(i)] == i);
    CHECK(ct::permutation(rng, 0).shape() == ct::Shape{0});
}

TEST_CASE("draws name the argument that is wrong") {
    Rng rng;
    CHECK_THROWS_WITH_AS((void)ct::bernoulli(rng, {2}, 1.5), "bernoulli: probability is 1.5, expected 0 to 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::uniform(rng, {2}, 0, 1, ct::Dtype::int32), "uniform: dtype is int32, expected a floating dtype",
                         ct::DtypeError);
    CHECK_THROWS_AS((void)ct::uniform(rng, {2}, 1, 0), ct::ValueError);
    CHECK_THROWS_AS((void)ct::normal(rng, {2}, 0, -1), ct::ValueError);
    CHECK_THROWS_AS((void)ct::truncated_normal(rng, {2}, 2, -2), ct::ValueError);
    CHECK_THROWS_AS((void)ct::integers(rng, {2}, 0, 300, ct::Dtype::uint8), ct::ValueError);
    CHECK_THROWS_AS((void)ct::integers(rng, {2}, 3, 3), ct::ValueError);
    CHECK_THROWS_AS((void)ct::categorical(rng, ct::Tensor(1.0)), ct::ShapeError);
    CHECK_THROWS_AS((void)ct::permutation(rng, -1), ct::ValueError);
}
