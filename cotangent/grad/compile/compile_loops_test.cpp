#include "cotangent/grad/compile/compile.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::identical, ct::testing::numbers;

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
                for (std::size_t i = 0; i < a.size(); ++i)
                    REQUIRE(std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i])));
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

TEST_CASE("values moved by a few elements, with others at their ends, are as right as copies") {
    const auto f = [](const Tensor& x) {
        const std::int64_t n = x.size();
        const auto number = [](double value) { return ct::full({1}, value, ct::Dtype::float64); };
        const auto before = [&](const Tensor& first, const Tensor& v) { return ct::concatenate({first, slice_axis(v, 0, 0, n - first.size())}); };
        const auto behind = [&](const Tensor& v, const Tensor& last) { return ct::concatenate({slice_axis(v, 0, last.size(), n), last}); };
        const Tensor y = x * 0.5 + 1.0;
        const Tensor a = before(number(1), y), b = behind(y, number(2)), c = before(number(3), y);   // both ends, and one end twice
        const Tensor far = before(ct::full({9}, 0.25, ct::Dtype::float64), y), again = before(number(0), a);
        const Tensor y2 = y * a - b * 0.5;                                 // the last use of y, where it is also read moved
        const Tensor round = before(slice_axis(y2, 0, n - 1, n), y2);      // what comes before is its own end
        const Tensor y3 = y2 * round + c * far - again;
        const Tensor both = before(slice_axis(x, 0, 0, 1), behind(y3, sum(y3, {.axes = {0}, .keep_axes = true}) * 0.0 + 4.0));
        return std::vector{y2, y3 * both, maximum(both, round)};
    };
    const auto g = [f](const Tensor& x) {
        return ct::grad([&](const Tensor& v) {
            const auto parts = f(v);
            return sum(parts[0] * parts[1]) + sum(parts[2]);
        })(x);
    };
    for (const std::int64_t n : {100, 513, 1000, 5000, 70001}) {
        CAPTURE(n);
        auto compiled = ct::compile(f);
        auto slope = ct::compile(g);
        (void)compiled(numbers(n, 0.7));
        (void)slope(numbers(n, 0.7));
        for (const double start : {-0.3, 0.4}) {
            const Tensor x = numbers(n, start);
            const auto seen = compiled(x), wanted = f(x);
            for (std::size_t k = 0; k < seen.size(); ++k) CHECK(identical(seen[k], wanted[k]));
            const auto a = slope(x).to_vector<double>(), b = g(x).to_vector<double>();
            for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(std::abs(a[i] - b[i]) <= 1e-13 * (1 + std::abs(b[i])));
        }
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
        return std::tuple{positive,
                          hot,
                          best,
                          part,
                          counts,
                          transpose(y),
                          ct::concatenate({x, y}),
                          reshape(y, {-1}),
                          logical_not(y > 1.0),
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

TEST_CASE("a value that a loop reads whole and by its first element is read as both") {
    for (const std::int64_t n : {2, 512, 513, 100000}) {
        CAPTURE(n);
        const Tensor x = numbers(n);
        const auto check = [&](const auto& f) { CHECK(identical(ct::compile(f)(x), f(x))); };
        check([](const Tensor& v) { return v * row(v, 0); });
        check([](const Tensor& v) { return v - slice_axis(v, 0, 0, 1); });
        check([](const Tensor& v) { return square(v / row(v, 0)) + row(v, 0); });
        check([](const Tensor& v) { return v * row(v, 1); });
        check([](const Tensor& v) {
            const Tensor y = exp(v) * 2.0;
            return cumsum(y) + y * row(y, 0);
        });
    }
}

namespace {

/// Some forty ops of two tensors and a number, chosen by a seed: three of their results, and sums of some.
std::vector<Tensor> random_ops(unsigned seed, const Tensor& x, const Tensor& y, const Tensor& number) {
    std::mt19937 generator(seed);
    const auto pick = [&](std::size_t n) { return generator() % n; };
    std::vector<Tensor> values{x, y, number}, sums;
    const std::int64_t n = x.size();
    for (int k = 0; k < 40; ++k) {
        const auto any = [&] { return values[pick(3) == 0 ? pick(values.size()) : values.size() - 1 - pick(std::min<std::size_t>(4, values.size()))]; };
        const Tensor a = any(), b = any();
        // Ends of another value before or behind most of a, some of them longer than the room that buffers have for them.
        const auto ends = [&](bool before) {
            const std::int64_t length = 1 + static_cast<std::int64_t>(pick(9)), at = pick(2) == 0 ? 0 : n - length;
            if (n < 20 || a.size() != n || b.size() != n) return a - b;
            const Tensor end = slice_axis(b, 0, at, at + length);
            return before ? ct::concatenate({end, slice_axis(a, 0, 0, n - length)}) : ct::concatenate({slice_axis(a, 0, length, n), end});
        };
        switch (pick(14)) {
            case 0: values.push_back(a + b); break;
            case 1: values.push_back(a - b); break;
            case 2: values.push_back(a * b); break;
            case 3: values.push_back(a / (abs(b) + 0.5)); break;
            case 4: values.push_back(-a); break;
            case 5: values.push_back(ct::square(ct::minimum(a, 2.0))); break;
            case 6: values.push_back(ct::sqrt(abs(a))); break;
            case 7: values.push_back(ct::maximum(a, b)); break;
            case 8: values.push_back(a * b + any()); break;
            case 9: values.push_back(any() - a * b); break;
            case 10: values.push_back(sin(a)); break;
            case 11: values.push_back(a / (abs(number) + 1.5)); break;
            case 12: values.push_back(ends(true)); break;
            case 13: values.push_back(ends(false)); break;
        }
        if (pick(6) == 0) sums.push_back(sum(tanh(values.back())));
    }
    std::vector<Tensor> results{values.back(), values[values.size() / 2], values[values.size() / 3]};
    results.insert(results.end(), sums.begin(), sums.end());
    return results;
}

}  // namespace

TEST_CASE("whatever arithmetic becomes one kernel, and whatever lies between, has the numbers of the ops") {
    for (unsigned seed = 0; seed < 120; ++seed)
        for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32}) {
            const std::int64_t count = std::array{1, 3, 8, 30, 513, 1000, 3001, 70001}[seed % 8];
            CAPTURE(seed);
            const Tensor x = cast(numbers(count, -0.3), dtype), y = cast(sin(numbers(count, 3)), dtype);
            const Tensor number = cast(Tensor(0.7), dtype);
            const auto f = [seed](const Tensor& a, const Tensor& b, const Tensor& c) { return random_ops(seed, a, b, c); };
            auto compiled = ct::compile(f);
            (void)compiled(y, x, number * 2.0);
            const auto seen = compiled(x, y, number), wanted = f(x, y, number);
            REQUIRE(seen.size() == wanted.size());
            for (std::size_t k = 0; k < seen.size(); ++k) {
                CAPTURE(k);
                if (k < 3) {
                    REQUIRE(identical(seen[k], wanted[k]));
                } else {
                    const double expected = cast(wanted[k], ct::Dtype::float64).item(), got = cast(seen[k], ct::Dtype::float64).item();
                    REQUIRE(std::abs(got - expected) <= (dtype == ct::Dtype::float64 ? 1e-13 : 1e-5) * static_cast<double>(count));
                }
            }
        }
}
