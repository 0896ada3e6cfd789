// What may be an argument of a compiled function, and what becomes of it.
#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::identical, ct::testing::numbers;

namespace {

struct Parameters {
    Tensor weight;
    std::vector<Tensor> biases;
    double scale = 1;
    int power = 1;
    ct::Frozen<Tensor> fixed;
};

}  // namespace

TEST_CASE("trees go in and out, and what is no tensor records again when it changes") {
    auto f = ct::compile([](const Parameters& p) {
        Parameters out = p;
        out.weight = (p.weight + p.fixed.value) * p.scale;
        for (Tensor& bias : out.biases) bias = pow(bias, p.power);
        return std::pair{out, 7};
    });
    Parameters p{numbers(3), {numbers(2), numbers(1)}, 3, 2, {numbers(3)}};
    const auto [out, seven] = f(p);
    CHECK(seven == 7);
    CHECK(identical(out.weight, p.weight * 6.0));
    CHECK(identical(out.biases[0], square(p.biases[0])));
    CHECK(identical(out.fixed.value, p.fixed.value));
    CHECK(out.power == 2);
    (void)f(p);
    CHECK(f.recordings() == 1);
    p.scale = 4;
    CHECK(identical(f(p).first.weight, p.weight * 8.0));
    p.power = 3;
    (void)f(p);
    p.biases.pop_back();
    (void)f(p);
    CHECK(f.recordings() == 4);
}

TEST_CASE("an argument taken by reference is changed for the caller, in its own memory") {
    for (const std::int64_t count : {3, 5000}) {
        auto f = ct::compile([](Tensor& x, const Tensor& y, int& calls) {
            x += y;
            x *= full({}, 0.5, x.dtype());
            ++calls;
            return sum(x);
        });
        const Tensor y = numbers(count);
        Tensor x = ct::ones({count}, ct::Dtype::float64), expected = x;
        int calls = 1;
        for (int k = 0; k < 3; ++k) {
            calls = 1;
            const void* memory = x.raw();
            const double sum_seen = f(x, y, calls).item();
            expected = (expected + y) * 0.5;
            CHECK(identical(x, expected));
            CHECK(sum_seen == sum(expected).item());
            CHECK(calls == 2);
            if (count > 1000 && k > 0) CHECK(x.raw() == memory);
        }
        CHECK(f.recordings() == 1);
        const Tensor shared = x;  // a copy is independent
        (void)f(x, y, calls = 1);
        CHECK(identical(shared, expected));
    }
}

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

TEST_CASE("an argument that is also another one, and may change, means what it means without compile") {
    for (const std::int64_t n : {4, 100000}) {
        CAPTURE(n);
        const auto f = [](Tensor& a, const Tensor& b) {
            a = a + 1.0;
            a = a * 2.0;
            return sum(a * b);
        };
        auto compiled = ct::compile(f);
        Tensor x = numbers(n), y = x, z = x;
        CHECK(compiled(x, x).item() == f(y, y).item());
        CHECK(identical(x, y));
        x = z;  // the same one apart from the other is recorded as ever
        y = z;
        CHECK(compiled(x, z).item() == f(y, z).item());
        CHECK(compiled.recordings() == 1);
        CHECK(identical(x, y));
        CHECK(compiled(x, x).item() == f(y, y).item());
        auto product = ct::compile([](const Tensor& a, const Tensor& b) { return a * b; });
        CHECK(identical(product(x, x), x * x));
        CHECK(product.recordings() == 1);  // nothing changes: replayed
        struct Model {
            Tensor w, b;
        };
        auto step = ct::compile([](Model& model, const Tensor& t) {
            model.w = model.w * 2.0;
            model.b = model.b + t;
        });
        Model model{z, z};
        step(model, model.w);
        CHECK(identical(model.b, z + z * 2.0));
    }
}

TEST_CASE("what f captures and is being differentiated outside is refused") {
    const auto outer = [](const Tensor& y) {
        auto compiled = ct::compile([y](const Tensor& x) { return sum(x * y); });
        return compiled(Tensor::of<double>({1, 2})) + sum(y);
    };
    const Tensor y = Tensor::of<double>({3, 4});
    CHECK_THROWS_WITH_AS((void)ct::grad(outer)(y), doctest::Contains("multiply takes a tensor that f captures"),
                         ct::ValueError);
    CHECK_THROWS_AS((void)ct::jvp(outer, y, y), ct::ValueError);
    const auto passed = [](const Tensor& v) {
        auto compiled = ct::compile([](const Tensor& x, const Tensor& w) { return sum(x * w); });
        return compiled(Tensor::of<double>({1, 2}), v) + sum(v);
    };
    CHECK(ct::grad(passed)(y).to_vector<double>() == std::vector<double>{2, 3});
}

TEST_CASE("f of numbers that are being differentiated is run as it is") {
    auto square_of = ct::compile([](const auto& x, const Tensor& t) { return x * x + 0 * t.shape().rank(); });
    const Tensor t = ct::ones({2});
    const auto f = [&](const auto& v) { return square_of(v[0], t) + 10 * square_of(v[1], t); };
    CHECK(ct::grad(f)(std::vector<double>{3, 3}) == std::vector<double>{6, 60});
    CHECK(ct::grad(f)(std::array{3.0, 3.0}) == std::array{6.0, 60.0});
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

TEST_CASE("an argument that f changes loses the record of a derivative that is over") {
    for (const std::int64_t n : {4, 100000}) {
        Tensor kept;
        (void)ct::grad([&](const Tensor& x) {
            kept = x * 2.0;
            return sum(x);
        })(numbers(n));
        REQUIRE(kept.node());
        auto step = ct::compile([](Tensor& x) { x = x + 1.0; });
        step(kept);
        CHECK_FALSE(kept.node());
        CHECK(identical(kept, numbers(n) * 2.0 + 1.0));
    }
}
