#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {

Tensor numbers(std::int64_t count, double start = 0.1) { return ct::linspace(start, start + 1, count, ct::Dtype::float64); }

bool identical(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && a.to_vector<double>() == b.to_vector<double>();
}

std::size_t left_after_simplification(const std::string& explanation) {
    return static_cast<std::size_t>(std::stoi(explanation.substr(explanation.find(',') + 2)));
}

}  // namespace

TEST_CASE("a compiled function is recorded once for each shape and dtype, visibly") {
    auto f = ct::compile([](const Tensor& x) { return exp(x) * 2.0; });
    for (int k = 0; k < 3; ++k) CHECK(f(ct::full({3}, k)).values<float>()[2] == doctest::Approx(2 * std::exp(k)));
    CHECK(f.recordings() == 1);
    CHECK(f(ct::zeros({4})).shape() == ct::Shape{4});
    CHECK(f(ct::zeros({3}, ct::Dtype::float64)).dtype() == ct::Dtype::float64);
    CHECK(f.recordings() == 3);
    (void)f(ct::zeros({3}));
    CHECK(f.recordings() == 3);
    auto copy = f;
    (void)copy(ct::zeros({3}));
    CHECK(copy.recordings() == 1);
}

TEST_CASE("reading a number that depends on an argument is refused") {
    const Tensor x = ct::ones({1});
    const auto refused = [&](auto f) { CHECK_THROWS_AS((void)ct::compile(f)(x), ct::ValueError); };
    refused([](const Tensor& v) { return exp(v).item() > 1 ? v : -v; });
    refused([](const Tensor& v) { return v.values<float>()[0] > 1 ? v : -v; });
    refused([](const Tensor& v) { return v.to_vector<float>()[0] > 1 ? v : -v; });
    refused([](const Tensor& v) { return v * static_cast<double>(to_string(v).size()); });
    refused([](const Tensor& v) { return v * ct::dot(v, v); });
    refused([](const Tensor& v) { return v * (reshape(v, ct::Shape{}).detached().item()); });
    refused([](const Tensor& v) {
        Tensor w = v;
        w.mutable_values<float>()[0] = 2;
        return w;
    });
    CHECK_THROWS_WITH_AS((void)ct::compile([](const Tensor& v) { return v * v.item(); })(x),
                         doctest::Contains("compile: f reads a number that depends on its arguments"), ct::ValueError);
    // A number that depends on no argument may be read, and after a refusal everything works as before.
    CHECK(ct::compile([](const Tensor& v) { return v * (ct::ones({2}) + 1.0).values<float>()[1]; })(x).item() == 2);
    CHECK(exp(x).item() > 1);
}

TEST_CASE("an op whose kernel does not go through traced() is refused, not frozen") {
    const auto forgetful = [](const Tensor& x) {
        Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
        for (std::int64_t k = 0; k < x.size(); ++k) out.fresh_data<float>()[k] = x.data<float>()[k] + 1;
        return out;
    };
    CHECK_THROWS_AS((void)ct::compile(forgetful)(ct::ones({3})), ct::ValueError);
    // Nor may a traced op leave a second result on the side.
    const auto leaky = [](const Tensor& x) {
        Tensor side;
        const Tensor y = ct::detail::traced("leaky", [&side](const Tensor& in) {
            side = in + 1.0;
            return in * 2.0;
        }, x);
        return y + side;
    };
    CHECK_THROWS_AS((void)ct::compile(leaky)(ct::ones({3})), ct::ValueError);
}

TEST_CASE("chains and their sums are fused at every size, with the numbers of the ops themselves") {
    const auto f = [](const Tensor& x, const Tensor& y) {
        const Tensor z = (x - y) / 1.5 + exp(-square(x)) * 0.25;
        return std::tuple{z * z, sum(square(z)), mean(z * x), sum(x), maximum(z, 0.5) - mean(z)};
    };
    for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32})
        for (const std::int64_t count : {1, 2, 7, 8, 17, 500, 513, 1000, 4096, 65536, 65537, 200000}) {
            CAPTURE(count);
            const Tensor x = cast(numbers(count), dtype), y = cast(sin(numbers(count, 3)), dtype);
            auto compiled = ct::compile(f);
            (void)compiled(y, x);
            const auto seen = ct::leaves(compiled(x, y)), expected = ct::leaves(f(x, y));
            const double tolerance = dtype == ct::Dtype::float64 ? 1e-14 : 1e-6;  // of sums in another order
            for (std::size_t k = 0; k < seen.size(); ++k) {
                const auto a = seen[k].to_vector<double>(), b = expected[k].to_vector<double>();
                for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i])));
            }
            CHECK(identical(seen[0], expected[0]));
        }
}

TEST_CASE("a loop whose numbers become wider and narrower is as right as one of a single dtype") {
    for (const std::int64_t count : {100, 2000, 40000}) {
        const Tensor x = ct::cast(numbers(count), ct::Dtype::float32);
        const auto f = [](const Tensor& y) {
            const Tensor leaky = ct::where(y > 0.5, y, y * 0.1);
            return ct::mean(ct::square(ct::cast(leaky, ct::Dtype::float64)));
        };
        const auto seen = ct::compile(ct::grad(f))(x).to_vector<float>(), expected = ct::grad(f)(x).to_vector<float>();
        for (std::size_t k = 0; k < seen.size(); ++k) REQUIRE(seen[k] == doctest::Approx(expected[k]).epsilon(1e-6));
    }
}

TEST_CASE("a loop that holds many numbers at once is as right as one that holds few") {
    const auto f = [](const Tensor& x) {
        std::vector<Tensor> parts;
        for (int k = 0; k < 40; ++k) parts.push_back(sin(x * (0.5 + k)));
        Tensor all = parts.back();
        for (std::size_t k = parts.size() - 1; k-- > 0;) all = all * 0.5 + parts[k];
        return all;
    };
    auto compiled = ct::compile(f);
    const Tensor x = numbers(5000);
    CHECK(identical(compiled(x), f(x)));
    CHECK(identical(compiled(-x), f(-x)));
}

TEST_CASE("large values that have memory in turns, joined and cut, stay apart") {
    for (const std::int64_t n : {100, 3000, 40000}) {
        CAPTURE(n);
        const auto f = [n](const Tensor& x) {
            Tensor y = x * 0.5, sum_of_all = zeros_like(x);
            for (int k = 0; k < 6; ++k) {
                const Tensor shifted = ct::concatenate({slice_axis(y, 0, n - 1, n), slice_axis(y, 0, 0, n - 1)});
                y = sin(shifted) * x + y;
                sum_of_all = sum_of_all + y * shifted;
            }
            return sum(sum_of_all * x) + sum(slice_axis(y, 0, 3, n / 2));
        };
        const auto g = [f](const Tensor& x) { return ct::value_and_grad(f)(x); };
        auto compiled = ct::compile(g);
        const auto kept = compiled(numbers(n, -0.3));
        for (const double start : {0.1, 0.8}) {
            const auto [value, gradient] = compiled(numbers(n, start));
            const auto [expected, slope] = g(numbers(n, start));
            CHECK(value.item() == doctest::Approx(expected.item()).epsilon(1e-13));
            const auto a = gradient.to_vector<double>(), b = slope.to_vector<double>();
            for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(std::abs(a[i] - b[i]) <= 1e-13 * (1 + std::abs(b[i])));
        }
        CHECK(identical(kept.second, compiled(numbers(n, -0.3)).second));
    }
}

TEST_CASE("results without elements are not confused with numbers") {
    auto f = ct::compile([](const Tensor& x) { return std::tuple{x * 2.0, sum(x), ct::concatenate({x, x})}; });
    for (int k = 0; k < 2; ++k) {
        const auto [twice, total, both] = f(ct::zeros({0}, ct::Dtype::float64));
        CHECK(twice.shape() == ct::Shape{0});
        CHECK(total.shape() == ct::Shape{});
        CHECK(total.bytes() + total.offset() <= total.storage().bytes());
        CHECK(total.item() == 0);
        CHECK(both.shape() == ct::Shape{0});
    }
}

TEST_CASE("results of a compiled function do not depend on the number of threads") {
    const int before = ct::thread_count();
    const Tensor x = numbers(300000);
    auto f = ct::compile([](const Tensor& v) { return std::pair{sum(exp(v) * v), sin(v) + v * 2.0}; });
    ct::set_thread_count(1);
    const auto one = f(x);
    ct::set_thread_count(4);
    const auto four = f(x);
    ct::set_thread_count(before);
    CHECK(identical(one.first, four.first));
    CHECK(identical(one.second, four.second));
}

TEST_CASE("broadcasts, integers, comparisons and views are replayed") {
    const auto f = [](const Tensor& x, const Tensor& bias) {
        const Tensor y = x + bias;
        const Tensor positive = where(y > 0.0, y, 0.0);
        const Tensor best = argmax(y, {.axis = 1});
        const Tensor hot = one_hot(best, x.length(1), x.dtype());
        const Tensor part = slice_axis(x, 0, 1, 3) * 2.0;
        const Tensor counts = cast(y, ct::Dtype::int64) * cast(y, ct::Dtype::int64) + 1.0;
        return std::tuple{positive, hot, best, part, counts, transpose(y), ct::concatenate({x, y}), reshape(y, {-1}), logical_not(y > 1.0),
                          row(x, 1).detached() + 1.0};
    };
    const auto g = [f](const Tensor& x, const Tensor& row) { return f(x, row); };
    for (const std::int64_t columns : {3, 700}) {
        auto compiled = ct::compile(g);
        for (const double start : {-2.0, 0.3, 1.9}) {
            const Tensor x = reshape(numbers(5 * columns, start), {5, columns}), row = numbers(columns, -0.4);
            const auto seen = ct::leaves(compiled(x, row)), expected = ct::leaves(g(x, row));
            for (std::size_t k = 0; k < seen.size(); ++k) {
                CAPTURE(k);
                CHECK(identical(seen[k], expected[k]));
            }
        }
        CHECK(compiled.recordings() == 1);
    }
}

TEST_CASE("what is computed twice, changes nothing or is not needed is left out") {
    auto twice = ct::compile([](const Tensor& x) { return exp(x * 2.0) + exp(x * 2.0); });
    (void)twice(numbers(4));
    CHECK(left_after_simplification(explain(twice)) == 3);
    auto nothing = ct::compile([](const Tensor& x) {
        (void)sin(x);
        return -(-((x * 1.0 + 0.0) / 1.0)) * (ct::ones({4}, ct::Dtype::float64));
    });
    const Tensor x = numbers(4);
    CHECK(identical(nothing(x), x));
    CHECK(left_after_simplification(explain(nothing)) == 0);
    auto repeated = ct::compile([](const Tensor& v) { return sum(broadcast_to(exp(v), {1000})); });
    CHECK(repeated(ct::full({}, 0, ct::Dtype::float64)).item() == 1000);
    CHECK(left_after_simplification(explain(repeated)) == 2);
    CHECK_THROWS_AS((void)explain(ct::compile([](const Tensor& v) { return v; })), ct::ValueError);
}

TEST_CASE("derivatives of any order are compiled with the function") {
    const auto f = [](const Tensor& x) { return sum(exp(sin(x)) * x); };
    const auto all = [f](const Tensor& x) {
        return std::tuple{f(x), ct::grad(f)(x), ct::hvp(f, x, x), ct::jacobian(ct::grad(f))(x), ct::jvp(f, x, x)};
    };
    auto compiled = ct::compile(all);
    for (const double start : {0.1, -1.0}) {
        const auto seen = ct::leaves(compiled(numbers(5, start))), expected = ct::leaves(all(numbers(5, start)));
        for (std::size_t k = 0; k < seen.size(); ++k)
            for (std::int64_t i = 0; i < seen[k].size(); ++i)
                CHECK(seen[k].data<double>()[i] == doctest::Approx(expected[k].data<double>()[i]).epsilon(1e-13));
    }
    CHECK(compiled.recordings() == 1);
}

TEST_CASE("a compiled function can be differentiated and compiled again: it is then f itself") {
    auto f = ct::compile([](const Tensor& x) { return sum(exp(x)); });
    const Tensor x = numbers(3);
    CHECK(identical(ct::grad([&](const Tensor& v) { return f(v); })(x), exp(x)));
    auto outer = ct::compile([&](const Tensor& v) { return f(v) * 2.0; });
    CHECK(outer(x).item() == doctest::Approx(2 * sum(exp(x)).item()));
    CHECK(f.recordings() == 0);
}

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
        return std::tuple{x * kept, normal(step.rng, {3}), uniform(own, {2}), permutation(step.rng, 5), categorical(step.rng, x)};
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
        const Tensor t = ct::detail::number_of("half", count, [](std::int64_t n, const double* half) { return static_cast<double>(n) * half[0]; }, {0.5});
        return x * t;
    });
    ct::Count count = 4;
    const Tensor x = ct::ones({2}, ct::Dtype::float64);
    for (int k = 5; k < 8; ++k) CHECK(f(count, x).values<double>()[1] == 0.5 * k);
    CHECK(count == 7);
    CHECK(f.recordings() == 1);
    CHECK_THROWS_AS((void)ct::compile([](ct::Count& n, const Tensor& v) { return v * static_cast<double>(static_cast<std::int64_t>(n)); })(count, x),
                    ct::ValueError);
}

TEST_CASE("an op that refuses its numbers in a replay throws, and the next call works") {
    auto f = ct::compile([](Tensor& table, const Tensor& at) {
        table += ct::ones(table.shape());
        return take(table, at);
    });
    Tensor table = ct::zeros({3000});
    (void)f(table, Tensor::of<std::int64_t>({1}));
    CHECK_THROWS_AS((void)f(table, Tensor::of<std::int64_t>({3000})), ct::ValueError);
    CHECK(table.shape() == ct::Shape{3000});
    table = ct::zeros({3000});
    CHECK(f(table, Tensor::of<std::int64_t>({2})).item() == 1);
}

TEST_CASE("a result stays as it is when the function is called again, and the caller may change it") {
    for (const std::int64_t count : {2, 3000}) {
        auto f = ct::compile([](const Tensor& x) { return std::pair{x * 2.0, ct::full({2}, 5)}; });
        auto [first, constant] = f(ct::ones({count}));
        const Tensor second = f(ct::full({count}, 2)).first;
        CHECK(first.values<float>()[1] == 2);
        CHECK(second.values<float>()[1] == 4);
        first.mutable_values<float>()[1] = 9;
        constant.mutable_values<float>()[0] = 9;
        CHECK(f(ct::ones({count})).first.values<float>()[1] == 2);
        CHECK(f(ct::ones({count})).second.values<float>()[0] == 5);
    }
}

TEST_CASE("a replay asks the system for no memory") {
    auto f = ct::compile([](Tensor& x, const Tensor& w) {
        const auto loss = [&](const Tensor& v) { return sum(square(tanh(matmul(w, v)) - 0.5)); };
        auto [value, gradient] = ct::value_and_grad(loss)(x);
        x -= gradient * 0.1;
        return value;
    });
    Tensor x = ct::full({40, 30}, 0.01);
    const Tensor w = ct::full({50, 40}, 0.02);
    double last = 1e9;
    std::int64_t allocations = 0;
    for (int k = 0; k < 8; ++k) {
        if (k == 4) allocations = ct::memory_counters().system_allocations;
        const double value = f(x, w).item();
        CHECK(value < last);
        last = value;
    }
    CHECK(ct::memory_counters().system_allocations == allocations);
}

TEST_CASE("explain names the ops, shapes, bytes and FLOPs, and what is fused") {
    auto f = ct::compile([](const Tensor& a, const Tensor& b) { return sum(exp(matmul(a, b) * 2.0) + 1.0); });
    (void)f(ct::zeros({100, 50}), ct::zeros({50, 100}));
    const std::string text = explain(f);
    CAPTURE(text);
    CHECK(text.find("5 ops recorded, 5 left after simplification, in 2 steps") == 0);
    CHECK(text.find("1000.0 k  matmul -> [100, 100]") != std::string::npos);
    CHECK(text.find("fused") != std::string::npos);
    CHECK(text.find("multiply, exp, add, sum -> []") != std::string::npos);
}
