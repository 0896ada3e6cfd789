#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::identical, ct::testing::numbers;

namespace {

std::size_t left_after_simplification(const std::string& explanation) {
    return static_cast<std::size_t>(std::stoi(explanation.substr(explanation.find(',') + 2)));
}

/// Leaves bytes on the stack, where what comes next has its variables.
[[gnu::noinline]] void write_stack(unsigned char byte) {
    volatile unsigned char bytes[6000];
    for (volatile unsigned char& b : bytes) b = byte;
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

#if __has_builtin(__builtin_clear_padding)
TEST_CASE("an op is known again by its options, whatever lay where they are") {
    const Tensor mask = numbers(4) > 0.3;
    const Tensor index = Tensor::of<std::int64_t>({1, 2});
    using Op = std::function<Tensor(const Tensor&)>;
    const std::pair<const char*, Op> ops[] = {
        {"less", [](const Tensor& t) { return t < 0.5; }},
        {"where", [&](const Tensor& t) { return where(mask, t, 0.5); }},
        {"clip", [](const Tensor& t) { return clip(t, 0.2, 0.8); }},
        {"sum", [](const Tensor& t) { return sum(t); }},
        {"sum of rows", [](const Tensor& t) { return sum(t, {.axes = {1}}); }},
        {"mean", [](const Tensor& t) { return mean(t, {.axes = {1}, .keep_axes = true}); }},
        {"var", [](const Tensor& t) { return var(t, {.axes = {1}}); }},
        {"max", [](const Tensor& t) { return max(t, {.axes = {1}}); }},
        {"min", [](const Tensor& t) { return min(t); }},
        {"prod", [](const Tensor& t) { return prod(t, {.axes = {0}}); }},
        {"logsumexp", [](const Tensor& t) { return logsumexp(t, {.axes = {1}}); }},
        {"any", [](const Tensor& t) { return any(cast(t, ct::Dtype::boolean), {.axes = {1}}); }},
        {"argmax", [](const Tensor& t) { return argmax(t, {.axis = 1}); }},
        {"sort", [](const Tensor& t) { return sort(t, {.axis = 1}); }},
        {"argsort", [](const Tensor& t) { return argsort(t, {.axis = 1}); }},
        {"cumsum", [](const Tensor& t) { return cumsum(t, {.axis = 1}); }},
        {"concatenate", [](const Tensor& t) { return ct::concatenate({t, t * 2.0}, 1); }},
        {"take", [&](const Tensor& t) { return take(t, index, 1); }},
        {"one_hot", [](const Tensor& t) { return ct::one_hot(cast(t, ct::Dtype::int64), 6); }},
        {"slice", [](const Tensor& t) { return slice(t, {{}, {.start = 1, .step = 2}}); }},
        {"pad", [](const Tensor& t) { return pad(t, {{1, 1}, {1, 1}}); }},
        {"power", [](const Tensor& t) { return power(t, 1.5); }},
        {"matmul", [](const Tensor& t) { return matmul(t, t, {.transpose_b = true}); }},
        {"map", [a = 2.0, b = 3.0f](const Tensor& t) { return ct::map([a, b](auto x) { return a * x * x + b; }, t); }},
    };
    for (const auto& [name, op] : ops) {
        CAPTURE(name);
        const auto left = [&](int times) {
            auto f = ct::compile([&op = op, times](const Tensor& t) {
                std::vector<Tensor> results;
                for (int k = 0; k < times; ++k) {
                    write_stack(static_cast<unsigned char>(1 + 50 * k));
                    results.push_back(op(t));
                }
                return results;
            });
            (void)f(reshape(numbers(24), {6, 4}));
            return left_after_simplification(explain(f));
        };
        CHECK(left(3) == left(1));
    }
}
#endif

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
    // It is taken where a function is, and through a const reference.
    CHECK(identical(ct::grad(f)(x), exp(x)));
    CHECK(identical(ct::grad(ct::grad(ct::compile([](const Tensor& v) { return exp(v); })))(ct::ones({}, ct::Dtype::float64)),
                    exp(ct::ones({}, ct::Dtype::float64))));
    CHECK(identical(ct::vjp(f, x).second(ct::full({}, 2, ct::Dtype::float64)), 2.0 * exp(x)));
    CHECK(ct::jvp(f, x, x).second.item() == doctest::Approx(sum(x * exp(x)).item()));
    CHECK(identical(ct::hvp(f, x, x), x * exp(x)));
    CHECK(identical(ct::grad(ct::checkpoint(f))(x), exp(x)));
    CHECK(ct::compile(f)(x).item() == doctest::Approx(sum(exp(x)).item()));
    ct::check_derivatives(f, x);
    CHECK(ct::grad(ct::compile([](auto v) { return v * v; }))(3.0) == 6);
    const auto& fixed = f;
    const std::int64_t before = fixed.recordings();
    for (int call = 0; call < 2; ++call) CHECK(fixed(x).item() == doctest::Approx(sum(exp(x)).item()));
    CHECK(fixed.recordings() <= before + 1);
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

TEST_CASE("explain counts factorisations and transforms as books do, for each matrix and line of a stack") {
    const auto check = [](const char* expected, const auto& f, const ct::Shape& shape) {
        auto compiled = ct::compile(f);
        ct::Rng rng(1);
        const Tensor noise = ct::normal(rng, shape, 0, 1, ct::Dtype::float64);
        (void)compiled(shape.back() == 2 ? noise : noise + 9.0 * ct::eye(shape.back(), ct::Dtype::float64));
        const std::string text = explain(compiled);
        CAPTURE(text);
        CHECK(text.find(expected) != std::string::npos);
    };
    check("180.0 k  cholesky -> [20, 30, 30]", [](const Tensor& a) { return ct::cholesky(a + 100.0 * ct::eye(30, a.dtype())); }, {20, 30, 30});
    check("36.0 k  lu", [](const Tensor& a) { return ct::inverse(a); }, {2, 30, 30});
    check("108.0 k  solve", [](const Tensor& a) { return ct::inverse(a); }, {2, 30, 30});
    check("72.0 k  qr", [](const Tensor& a) { return ct::qr(a).r; }, {30, 30});
    check("594.0 k  svd", [](const Tensor& a) { return ct::svd(a).s; }, {30, 30});
    check("243.0 k  eigh", [](const Tensor& a) { return ct::eigh(a).values; }, {30, 30});
    check("396.0 k  matrix_exp", [](const Tensor& a) { return ct::matrix_exp(a); }, {30, 30});
    check("204.8 k  fft", [](const Tensor& x) { return ct::fft(x); }, {4, 1024, 2});
    check("25.6 k  rfft", [](const Tensor& x) { return ct::rfft(reshape(x, {1024})); }, {512, 2});
    check("25.6 k  irfft", [](const Tensor& x) { return ct::irfft(x, 1024); }, {513, 2});
    check("27.0 k  triangular_solve", [](const Tensor& a) { return ct::triangular_solve(a, a); }, {30, 30});
}

TEST_CASE("quotients of numbers and sums of a register of numbers are those of the ops") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        const auto f = [](const Tensor& x) {
            const Tensor first = sum(row(x, 0)), second = sum(row(x, 1));
            return std::tuple{first, second, first / second, x / second, second / 3.0, 1.0 / (first / second)};
        };
        auto compiled = ct::compile(f);
        ct::Rng rng(4);
        for (int k = 0; k < 20; ++k) {
            const Tensor x = ct::normal(rng, {2, 8}, 0, 1, dtype);
            const auto seen = ct::leaves(compiled(x)), expected = ct::leaves(f(x));
            // Sums may add up in another order; what is made of the same sums is the same.
            for (std::size_t i = 0; i < 2; ++i) CHECK(seen[i].item() == doctest::Approx(expected[i].item()).epsilon(1e-6));
            const Tensor quotient = seen[0] / seen[1];
            CHECK(identical(seen[2], quotient));
            CHECK(identical(seen[3], x / seen[1]));
            CHECK(identical(seen[4], seen[1] / 3.0));
            CHECK(identical(seen[5], 1.0 / quotient));
        }
    }
}
