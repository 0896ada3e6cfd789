// Generators, counts and settings among the arguments of a compiled function: new in every call, without another recording.
#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::identical, ct::testing::numbers;

TEST_CASE("draws from a generator of the arguments are new in every call, those from one made inside the same") {
    struct Step {
        bool training = true;
        ct::Rng rng{5};
    };
    const auto draws = [](Step& step, const Tensor& x) {
        const Tensor kept = cast(bernoulli(step.rng, x.shape(), 0.5), x.dtype());
        ct::Rng own(3);
        return std::tuple{x * kept, normal(step.rng, {3}), uniform(own, {2}), permutation(step.rng, 5),
                          categorical(step.rng, x)};
    };
    auto compiled = ct::compile(draws);
    Step ours, theirs;
    const Tensor x = ct::ones({40});
    Tensor last;
    for (int k = 0; k < 3; ++k) {
        const auto seen = ct::leaves(compiled(ours, x)), expected = ct::leaves(draws(theirs, x));
        for (std::size_t i = 0; i < seen.size(); ++i) CHECK(identical(seen[i], expected[i]));
        CHECK(ours.rng == theirs.rng);
        if (k > 0) CHECK(!identical(seen[1], last));
        last = seen[1];
    }
    CHECK(compiled.recordings() == 1);
    auto splits = ct::compile([](ct::Rng& rng) {
        ct::Rng other = rng.split();
        return normal(other, {2});
    });
    ct::Rng rng(1);
    CHECK_THROWS_WITH_AS((void)splits(rng), doctest::Contains("split: the generator is an argument"), ct::ValueError);
    auto both = ct::compile([](ct::Rng& a, ct::Rng& b) { return normal(a, {2}) + normal(b, {2}); });
    ct::Rng same = rng;
    CHECK_THROWS_AS((void)both(rng, same), ct::ValueError);
}

TEST_CASE("a Count is advanced without another recording, and read as a number only outside") {
    auto f = ct::compile([](ct::Count& count, const Tensor& x) {
        ++count;
        const Tensor t = ct::detail::number_of(
            "half", count, [](std::int64_t n, const double* half) { return static_cast<double>(n) * half[0]; }, {0.5});
        return x * t;
    });
    ct::Count count = 4;
    const Tensor x = ct::ones({2}, ct::Dtype::float64);
    for (int k = 5; k < 8; ++k) CHECK(f(count, x).values<double>()[1] == 0.5 * k);
    CHECK(count == 7);
    CHECK(f.recordings() == 1);
    CHECK_THROWS_AS((void)ct::compile([](ct::Count& n, const Tensor& v) {
                        return v * static_cast<double>(static_cast<std::int64_t>(n));
                    })(count, x),
                    ct::ValueError);
}

TEST_CASE("a Setting has another value in every call without another recording") {
    struct Settings {
        ct::Setting rate, other;
        double fixed = 1;
    };
    auto f = ct::compile([](Settings& settings, const Tensor& x) {
        const Tensor result = x * ct::detail::number_of(settings.rate) + ct::detail::number_of(settings.other);
        std::swap(settings.rate, settings.other);
        return result;
    });
    const Tensor x = ct::full({2}, 3, ct::Dtype::float64);
    for (int k = 0; k < 3; ++k) {
        Settings settings{0.5 + k, 10.0 * k};
        CHECK(f(settings, x).values<double>()[1] == 3 * (0.5 + k) + 10.0 * k);
        CHECK(settings.rate == 10.0 * k);
        CHECK(settings.other == 0.5 + k);
    }
    CHECK(f.recordings() == 1);
    auto read = ct::compile([](const ct::Setting& rate, const Tensor& v) { return v * static_cast<double>(rate); });
    CHECK_THROWS_WITH_AS((void)read(ct::Setting(2), x), doctest::Contains("f reads a Setting"), ct::ValueError);
}

TEST_CASE("a Count or Setting that f sets itself is what f set in every call") {
    auto f = ct::compile([](ct::Count& count, ct::Setting& number, const Tensor& x) {
        count = 7;
        number = 0.25;
        return x * 2.0;
    });
    for (int k = 0; k < 2; ++k) {
        ct::Count count = k;
        ct::Setting number = k;
        (void)f(count, number, ct::ones({2}));
        CHECK(count == 7);
        CHECK(number == 0.25);
    }
}

TEST_CASE("a Setting that leaves a compiled function is a number to the next") {
    ct::Setting kept;
    (void)ct::compile([&](const ct::Setting& setting, const Tensor& x) {
        kept = setting;
        return x * 2.0;
    })(ct::Setting(0.5), ct::ones({1}));
    auto next = ct::compile(
        [&](ct::Setting& own, const Tensor& x) { return x * ct::detail::number_of(kept) + ct::detail::number_of(own); });
    ct::Setting own = 0.125;
    const Tensor one = ct::ones({1}, ct::Dtype::float64);
    CHECK(next(own, one).item() == 0.625);
    CHECK(next(own, one).item() == 0.625);
    auto without = ct::compile([&](const Tensor& x) { return x * ct::detail::number_of(kept); });
    CHECK(without(one).item() == 0.5);
}
