// Attention written out of ops becomes one op: the numbers are those of the ops themselves.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;
using ct::Tensor;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Heads {
    Tensor q, k, v;  // [..., T, D], [..., S, D], [..., S, E]
};

Heads heads_of(const ct::Shape& batch, std::int64_t queries, std::int64_t keys, std::int64_t depth, std::int64_t width,
               ct::Dtype dtype) {
    ct::Rng rng(5);
    const auto draw = [&](std::int64_t rows, std::int64_t columns) {
        ct::Shape shape = batch;
        shape.push_back(rows);
        shape.push_back(columns);
        return ct::cast(ct::normal(rng, shape), dtype);
    };
    return {draw(queries, depth), draw(keys, depth), draw(keys, width)};
}

// Types without a lambda in them, so that compile and grad are compiled once for all.
using Function = std::function<Tensor(const Heads&)>;
using Gradient = std::function<Heads(const Heads&)>;
using Two = std::function<std::pair<Tensor, Tensor>(const Heads&)>;
Gradient gradient_of(const Function& loss) { return ct::grad(loss); }

/// 0 where seen(t, s), -infinity elsewhere.
template <class F>
Tensor mask_of(std::int64_t queries, std::int64_t keys, ct::Dtype dtype, const F& seen) {
    std::vector<double> values;
    for (std::int64_t t = 0; t < queries; ++t)
        for (std::int64_t s = 0; s < keys; ++s) values.push_back(seen(t, s) ? 0 : -infinity);
    return ct::cast(ct::Tensor::from(values, {queries, keys}), dtype);
}
Tensor causal(std::int64_t queries, std::int64_t keys, ct::Dtype dtype) {
    return mask_of(queries, keys, dtype, [](std::int64_t t, std::int64_t s) { return s <= t; });
}

/// Relative to the largest; NaN where both are is no distance.
double distance(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    const auto x = a.to_vector<double>(), y = b.to_vector<double>();
    double largest = 0, scale = 1e-300;
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (std::isnan(x[k]) && std::isnan(y[k])) continue;
        if (std::isnan(x[k]) != std::isnan(y[k])) return infinity;
        largest = std::max(largest, std::abs(x[k] - y[k]));
        scale = std::max(scale, std::abs(y[k]));
    }
    return largest / scale;
}

/// Sums of `keys` or `depth` terms, in another order.
double bound(ct::Dtype dtype) { return dtype == ct::Dtype::float32 ? 2e-6 : 1e-14; }

bool mentions(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

/// f(heads) and the derivatives of a loss that takes each of its elements otherwise, compiled and not.
void check_like_eager(const Function& f, const Heads& x, bool fuses = true, bool fuses_gradient = true) {
    const Function loss = [f](const Heads& h) {
        const Tensor y = f(h);
        return ct::sum(ct::sin(y) * ct::cast(ct::reshape(ct::linspace(-1, 2, y.size()), y.shape()), y.dtype()));
    };
    const Gradient gradient = gradient_of(loss);
    auto compiled = ct::compile(f);
    auto compiled_gradient = ct::compile(gradient);
    const double most = bound(x.q.dtype());
    for (int call = 0; call < 2; ++call) {
        CHECK(distance(compiled(x), f(x)) <= most);
        const Heads seen = compiled_gradient(x), expected = gradient(x);
        CHECK(distance(seen.q, expected.q) <= most);
        CHECK(distance(seen.k, expected.k) <= most);
        CHECK(distance(seen.v, expected.v) <= most);
    }
    const std::string plan = ct::explain(compiled), plan_of_gradient = ct::explain(compiled_gradient);
    CHECK(mentions(plan, " attention ->") == fuses);
    CHECK(mentions(plan, "softmax") != fuses);
    CHECK(mentions(plan_of_gradient, "attention_gradient") == fuses_gradient);
    if (fuses_gradient) CHECK_FALSE(mentions(plan_of_gradient, "softmax"));
}

Tensor attention(const Heads& h, const Tensor& mask) {
    const double scale = 1 / std::sqrt(static_cast<double>(h.q.shape().back()));
    return ct::matmul(ct::softmax(ct::matmul(h.q * scale, h.k, {.transpose_b = true}) + mask), h.v);
}

/// Heads that lie side by side in a projection, as networks have them.
struct Projection {
    Tensor x, projection, bias, output;
};
Tensor many_heads(const Projection& p, std::int64_t heads) {
    const std::int64_t n = p.x.length(0), t = p.x.length(1), width = p.x.length(2), depth = width / heads;
    const Tensor all =
        ct::transpose(ct::reshape(ct::matmul(p.x, p.projection) + p.bias, {n, t, 3, heads, depth}), {2, 0, 3, 1, 4});
    const auto part = [&](std::int64_t i) { return ct::reshape(ct::slice_axis(all, 0, i, i + 1), {n, heads, t, depth}); };
    const Tensor mixed = attention({part(0), part(1), part(2)}, causal(t, t, p.x.dtype()));
    return ct::matmul(ct::reshape(ct::transpose(mixed, {0, 2, 1, 3}), {n, t, width}), p.output);
}

}  // namespace

TEST_CASE("compile makes one op of attention, and one of its way back, for all sizes") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64})
        for (const auto& [queries, keys, depth, width] : {std::array<std::int64_t, 4>{64, 64, 32, 32},
                                                          {50, 50, 20, 20},
                                                          {7, 7, 16, 24},
                                                          {3, 19, 5, 3},
                                                          {130, 150, 8, 40},
                                                          {130, 160, 16, 16},
                                                          {2, 1, 1, 1}}) {
            CAPTURE(queries);
            const Heads x = heads_of({2, 8}, queries, keys, depth, width, dtype);
            check_like_eager([mask = causal(queries, keys, dtype)](const Heads& h) { return attention(h, mask); }, x);
        }
}

TEST_CASE("compiled attention takes the scale wherever it stands") {
    const Heads x = heads_of({4}, 33, 40, 12, 10, ct::Dtype::float32);
    const auto mix = [](const Tensor& scores, const Tensor& v) { return ct::matmul(ct::softmax(scores), v); };
    check_like_eager([mix](const Heads& h) { return mix(ct::matmul(h.q, h.k, {.transpose_b = true}), h.v); }, x);
    check_like_eager([mix](const Heads& h) { return mix(ct::matmul(h.q, h.k, {.transpose_b = true}) / 3.5, h.v); }, x);
    check_like_eager([mix](const Heads& h) { return mix(0.3 * ct::matmul(h.q, 0.7 * h.k, {.transpose_b = true}), h.v); }, x);
    check_like_eager(
        [mix](const Heads& h) { return mix(ct::matmul(h.q / 2.0, h.k * 0.5, {.transpose_b = true}) * 1.5, h.v); }, x);
}

TEST_CASE("compiled attention takes any mask that f captures") {
    const ct::Dtype dtype = ct::Dtype::float32;
    const Heads x = heads_of({2, 2}, 21, 37, 16, 16, dtype);
    ct::Rng rng(2);
    const auto check = [&](const Tensor& mask) {
        check_like_eager([mask](const Heads& h) { return attention(h, mask); }, x);
    };
    check(ct::normal(rng, {21, 37}));
    check(ct::reshape(causal(21, 37, dtype) + ct::normal(rng, {21, 37}), {1, 1, 21, 37}));
    check(mask_of(21, 37, dtype, [](std::int64_t t, std::int64_t s) { return (t + s) % 3 == 0; }));
    check(mask_of(21, 37, dtype, [](std::int64_t t, std::int64_t s) { return s >= 30 - t; }));
    check(mask_of(21, 37, dtype, [](std::int64_t t, std::int64_t s) { return s <= 36 - t; }));  // later queries see less
    check(mask_of(21, 37, dtype, [](std::int64_t t, std::int64_t) { return t != 4; }));         // a query that sees nothing
}

TEST_CASE("compiled attention reads and writes heads where they lie") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64})
        for (const auto& [n, t, heads, depth] :
             {std::array<std::int64_t, 4>{4, 64, 4, 32}, {3, 20, 2, 6}, {1, 9, 1, 16}, {2, 1, 3, 4}}) {
            ct::Rng rng(1);
            const auto draw = [&](const ct::Shape& shape) { return ct::cast(ct::normal(rng, shape) * 0.3, dtype); };
            const std::int64_t width = heads * depth;
            const Projection p{draw({n, t, width}), draw({width, 3 * width}), draw({3 * width}), draw({width, width})};
            const auto f = [heads = heads](const Projection& x) { return many_heads(x, heads); };
            const auto g = ct::grad([f](const Projection& x) { return ct::sum(ct::square(f(x))); });
            auto compiled = ct::compile(f);
            auto compiled_gradient = ct::compile(g);
            CHECK(distance(compiled(p), f(p)) <= 10 * bound(dtype));
            const Projection seen = compiled_gradient(p), expected = g(p);
            CHECK(distance(seen.x, expected.x) <= 10 * bound(dtype));
            CHECK(distance(seen.projection, expected.projection) <= 10 * bound(dtype));
            CHECK(distance(seen.bias, expected.bias) <= 10 * bound(dtype));
            CHECK(distance(seen.output, expected.output) <= 10 * bound(dtype));
            if (heads == 1 || t == 1) continue;  // nothing to be transposed, or all the same
            CHECK_FALSE(mentions(ct::explain(compiled), "transpose"));
            CHECK_FALSE(mentions(ct::explain(compiled_gradient), "transpose"));
        }
}

TEST_CASE("what else f wants of an attention stays") {
    const Heads x = heads_of({3}, 10, 12, 8, 8, ct::Dtype::float64);
    const Two both = [](const Heads& h) {
        const Tensor weights = ct::softmax(ct::matmul(h.q, h.k, {.transpose_b = true}));
        return std::pair{weights, ct::matmul(weights, h.v)};
    };
    auto compiled = ct::compile(both);
    const auto seen = compiled(x), expected = both(x);
    CHECK(distance(seen.first, expected.first) <= 1e-14);
    CHECK(distance(seen.second, expected.second) <= 1e-14);
    CHECK(mentions(ct::explain(compiled), " attention ->"));

    // Weights that are also their own values.
    const Function squared = [](const Heads& h) {
        const Tensor weights = ct::softmax(ct::matmul(h.q, h.q, {.transpose_b = true}));
        return ct::matmul(ct::matmul(weights, weights), h.v);
    };
    Heads square = heads_of({3}, 10, 10, 8, 8, ct::Dtype::float64);
    auto compiled_squared = ct::compile(squared);
    CHECK(distance(compiled_squared(square), squared(square)) <= 1e-14);

    // A step on the way to the scores.
    const Two scaled = [](const Heads& h) {
        const Tensor half = ct::matmul(h.q, h.k, {.transpose_b = true}) * 0.5;
        return std::pair{half, ct::matmul(ct::softmax(half * 0.25), h.v)};
    };
    auto compiled_scaled = ct::compile(scaled);
    CHECK(distance(compiled_scaled(x).first, scaled(x).first) <= 1e-14);
    CHECK(distance(compiled_scaled(x).second, scaled(x).second) <= 1e-14);

    // A loss of the weights, too, and of the scores: another way back than that of attention.
    const Function entropy = [](const Heads& h) {
        const Tensor scores = ct::matmul(h.q, h.k, {.transpose_b = true}), weights = ct::softmax(scores);
        return ct::sum(ct::square(ct::matmul(weights, h.v))) + ct::sum(weights * ct::log(weights)) +
               ct::sum(ct::tanh(scores));
    };
    auto compiled_gradient = ct::compile(gradient_of(entropy));
    const Heads gradient = compiled_gradient(x), wanted = gradient_of(entropy)(x);
    CHECK(distance(gradient.q, wanted.q) <= 1e-13);
    CHECK(distance(gradient.k, wanted.k) <= 1e-13);
    CHECK(distance(gradient.v, wanted.v) <= 1e-13);
}

TEST_CASE("an attention may take what another one or its way back makes") {
    const auto attend = [](const Tensor& q, const Tensor& k, const Tensor& v) {
        return ct::matmul(ct::softmax(ct::matmul(q * 0.5, k, {.transpose_b = true})), v);
    };
    for (const std::int64_t size : {4, 20}) {  // values that have memory of their own, and large ones
        const Heads x = heads_of({2, size}, size, size, 16, 16, ct::Dtype::float64);
        check_like_eager(
            [attend](const Heads& h) {
                const Tensor z = ct::transpose(attend(h.q, h.k, h.v), {0, 2, 1, 3});
                return attend(z, z, z);
            },
            x);
        const Function loss = [attend](const Heads& h) { return ct::sum(ct::sin(attend(h.q, h.k, h.v))); };
        const Function of_gradient = [attend, gradient = gradient_of(loss)](const Heads& h) {
            const Heads d = gradient(h);
            return attend(d.q, d.k, d.v);
        };
        auto compiled = ct::compile(of_gradient);
        CHECK(distance(compiled(x), of_gradient(x)) <= 1e-13);
        CHECK(mentions(ct::explain(compiled), "attention_gradient"));
    }
}

TEST_CASE("compiled attention takes values that are computed after its scores") {
    const Heads x = heads_of({2, 2}, 9, 9, 8, 8, ct::Dtype::float64);
    check_like_eager(
        [](const Heads& h) {
            const Tensor scores = ct::matmul(h.q, h.k, {.transpose_b = true});
            return ct::matmul(ct::softmax(scores), ct::sin(h.v));
        },
        x);
    check_like_eager(  // and results that are transposed along their rows
        [](const Heads& h) {
            const Tensor y = ct::matmul(ct::softmax(ct::matmul(h.q, h.k, {.transpose_b = true})), h.v);
            return ct::transpose(y, {0, 1, 3, 2}) * 2.0;
        },
        x);
}

TEST_CASE("compile leaves alone what only looks like attention") {
    const Heads x = heads_of({2}, 9, 9, 8, 8, ct::Dtype::float64);
    const auto scores = [](const Heads& h) { return ct::matmul(h.q, h.k, {.transpose_b = true}); };
    check_like_eager([=](const Heads& h) { return ct::matmul(ct::softmax(scores(h), -2), h.v); }, x, false, false);
    check_like_eager([=](const Heads& h) { return ct::matmul(ct::softmax(scores(h)), h.v, {.transpose_a = true}); }, x,
                     false, false);
    // A mask that depends on an argument may be another one in the next call.
    const auto masked = [=](const Heads& h) { return ct::matmul(ct::softmax(scores(h) + h.v), h.v); };
    Heads square = x;
    square.v = ct::slice_axis(ct::concatenate({x.v, x.v}, 2), 2, 0, 9);
    check_like_eager(masked, square, false, false);
    // Masks of keys, as many as there are queries.
    const Heads four = heads_of({2, 4}, 4, 5, 3, 3, ct::Dtype::float64),
                first = heads_of({4, 2}, 4, 5, 3, 3, ct::Dtype::float64);
    ct::Rng rng(4);
    const Tensor mask = ct::cast(ct::normal(rng, {4, 1, 5}), ct::Dtype::float64);
    check_like_eager([=](const Heads& h) { return attention(h, mask); }, four, false, false);
    check_like_eager([=](const Heads& h) { return attention(h, ct::reshape(mask, {4, 1, 1, 5})); }, first, false, false);
    // Keys and values that do not stay in the cache.
    check_like_eager([=](const Heads& h) { return ct::matmul(ct::softmax(scores(h)), h.v); },
                     heads_of({1}, 3, 900, 40, 40, ct::Dtype::float64), false, false);
    // One key and value for all heads.
    Heads shared = x;
    shared.k = ct::slice_axis(x.k, 0, 0, 1);
    check_like_eager([=](const Heads& h) { return ct::matmul(ct::softmax(scores(h)), h.v); }, shared, false, false);
}

TEST_CASE("compiled attention gives the same bits for any number of threads, also those that share a head") {
    const int before = ct::thread_count();
    const auto check = [](const Function& f, const Heads& x) {
        const Function loss = [f](const Heads& h) { return ct::sum(ct::square(f(h))); };
        auto compiled = ct::compile(f);
        auto gradient = ct::compile(gradient_of(loss));
        ct::set_thread_count(1);
        const Tensor one = compiled(x);
        const Heads of_one = gradient(x);
        for (const int count : {2, 5}) {
            ct::set_thread_count(count);
            const Heads of_many = gradient(x);
            CHECK(compiled(x).to_vector<double>() == one.to_vector<double>());
            CHECK(of_many.q.to_vector<double>() == of_one.q.to_vector<double>());
            CHECK(of_many.k.to_vector<double>() == of_one.k.to_vector<double>());
            CHECK(of_many.v.to_vector<double>() == of_one.v.to_vector<double>());
            check_like_eager(f, x);
        }
    };
    for (const auto& [batch, queries, keys, depth] :
         {std::array<std::int64_t, 4>{32, 70, 70, 32}, {1, 200, 200, 40}, {2, 170, 299, 20}, {3, 330, 65, 24}})
        for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
            CAPTURE(batch);
            const Heads x = heads_of({batch}, queries, keys, depth, depth + 4, dtype);
            check([mask = causal(queries, keys, dtype)](const Heads& h) { return attention(h, mask); }, x);
        }
    const Heads x = heads_of({1}, 200, 256, 32, 32, ct::Dtype::float32);
    check([](const Heads& h) { return ct::matmul(ct::softmax(ct::matmul(h.q, h.k, {.transpose_b = true})), h.v); }, x);
    const Tensor less = mask_of(200, 256, x.q.dtype(), [](std::int64_t t, std::int64_t s) { return s <= 220 - t; });
    check([less](const Heads& h) { return attention(h, less); }, x);
    // The weights are wanted too, and heads lie side by side.
    ct::set_thread_count(5);
    const Two both = [less](const Heads& h) {
        const Tensor weights = ct::softmax(ct::matmul(h.q, h.k, {.transpose_b = true}) + less);
        return std::pair{weights, ct::matmul(weights, h.v)};
    };
    auto compiled = ct::compile(both);
    for (int call = 0; call < 2; ++call) {
        CHECK(distance(compiled(x).first, both(x).first) <= bound(x.q.dtype()));
        CHECK(distance(compiled(x).second, both(x).second) <= bound(x.q.dtype()));
    }
    ct::Rng rng(8);
    const Projection p{ct::normal(rng, {1, 180, 48}), ct::normal(rng, {48, 144}), ct::normal(rng, {144}),
                       ct::normal(rng, {48, 48})};
    const std::function<Tensor(const Projection&)> mixed = [](const Projection& y) { return many_heads(y, 2); };
    auto compiled_heads = ct::compile(mixed);
    for (int call = 0; call < 2; ++call) CHECK(distance(compiled_heads(p), mixed(p)) <= 2e-5);
    ct::set_thread_count(before);
}

TEST_CASE("compiled second derivatives of attention are those of eager") {
    const Heads x = heads_of({2}, 6, 6, 4, 4, ct::Dtype::float64);
    const Function loss = [mask = causal(6, 6, ct::Dtype::float64)](const Heads& h) {
        return ct::sum(ct::sin(attention(h, mask)));
    };
    const Gradient product = [loss](const Heads& h) { return ct::hvp(loss, h, h); };
    auto compiled = ct::compile(product);
    const Heads seen = compiled(x), expected = product(x);
    CHECK(distance(seen.q, expected.q) <= 1e-12);
    CHECK(distance(seen.k, expected.k) <= 1e-12);
    CHECK(distance(seen.v, expected.v) <= 1e-12);
}
