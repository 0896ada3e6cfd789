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

TEST_CASE("a call that throws leaves its arguments as they were") {
    const auto indices = [](std::int64_t last) { return Tensor::of<std::int64_t>({0, 1, last}); };
    using Step = Tensor (*)(Tensor&, const Tensor&, const Tensor&);
    const Step steps[] = {
        [](Tensor& w, const Tensor& x, const Tensor& i) {  // w is not needed any more when take throws
            const Tensor u = w * 0.99, picked = take(u + x, i);
            w = u - x * 0.1;
            return sum(picked);
        },
        [](Tensor& w, const Tensor&, const Tensor& i) {
            const Tensor u = w * 2.0, picked = take(sort(u), i);
            w = flip(u, {0});
            return sum(picked);
        },
        [](Tensor& w, const Tensor& x, const Tensor& i) {  // changed before and after
            w *= x;
            const Tensor picked = take(w, i);
            w = cumsum(w) + 1.0;
            return sum(picked);
        },
        [](Tensor& w, const Tensor& x, const Tensor& i) {
            w -= x * 0.1;
            return sum(take(cumsum(w), i));
        },
    };
    for (const std::int64_t n : {20, 3000})
        for (const Step step : steps) {
            CAPTURE(n);
            CAPTURE(&step - steps);
            auto compiled = ct::compile(step);
            Tensor w = numbers(n), x = numbers(n), eager = w;
            for (int round = 0; round < 3; ++round) {
                CHECK(identical(compiled(w, x, indices(2)), step(eager, x, indices(2))));
                CHECK(identical(w, eager));
                CHECK_THROWS_AS((void)compiled(w, x, indices(n)), ct::Error);
                CHECK(identical(w, eager));
            }
            CHECK(compiled.recordings() == 1);
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
