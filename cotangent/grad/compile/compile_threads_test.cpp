// f of compile(f) computes on the thread that calls it; what others make of its values is refused, not frozen.
#include "cotangent/grad/compile/compile.hpp"

#include <future>

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"
#include "tests/elsewhere.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::elsewhere;

TEST_CASE("what another thread reads or computes of a value is refused, not frozen") {
    const Tensor x = ct::ones({1});
    const auto refused = [&](const auto& f, const char* what) {
        CHECK_THROWS_WITH_AS((void)ct::compile(f)(x), doctest::Contains(what), ct::ValueError);
    };
    const char* reads = "compile: another thread reads a value of a function that is being recorded";
    refused([](const Tensor& v) { return elsewhere([&] { return v.item() > 0; }) ? v : -v; }, reads);
    refused([](const Tensor& v) { return v * elsewhere([y = exp(v)] { return y.to_vector<double>()[0]; }); }, reads);
    refused([](const Tensor& v) { return elsewhere([&] { return exp(v); }); }, reads);
    refused(
        [](const Tensor& v) {
            return v + elsewhere([&] { return ct::compile([](const Tensor& w) { return w * 2.0; })(v); });
        },
        reads);
    refused(
        [](const Tensor& v) {
            elsewhere([y = v * 1.0]() mutable { y.mutable_values<float>()[0] = 3; });
            return v;
        },
        "mutable_values: the tensor depends on an argument of a function that is being compiled");
    refused(
        [](const Tensor& v) {
            try {
                return v * elsewhere([&] { return v.item(); });
            } catch (const ct::ValueError&) {
                return v;
            }
        },
        "f caught an error while it was recorded");
    // Afterwards everything may be read, also what f left behind.
    Tensor left;
    auto leaves = ct::compile([&](const Tensor& v) { return left = exp(v); });
    (void)leaves(ct::zeros({1}));
    CHECK(elsewhere([&] { return left.item(); }) == 1);
    CHECK(elsewhere([&] { return exp(x).item(); }) > 2);
}

TEST_CASE("generators, counters and settings of the arguments are not used on another thread") {
    const auto draws = ct::compile([](ct::Rng& rng) { return elsewhere([&] { return ct::uniform(rng, {2}); }); });
    const auto forks = ct::compile([](ct::Rng& rng) {
        return ct::full({1}, static_cast<double>(elsewhere([copy = rng]() mutable { return copy.bits() >> 40; })));
    });
    ct::Rng rng(3);
    CHECK_THROWS_WITH_AS((void)draws(rng), doctest::Contains("compile: another thread reads a generator of a function"),
                         ct::ValueError);
    CHECK_THROWS_AS((void)forks(rng), ct::ValueError);
    // Also where that thread records a function of its own; and its state is not read on any.
    const auto inner = ct::compile([](ct::Rng& from) {
        return elsewhere(
            [&] { return ct::compile([&](const Tensor& y) { return y + ct::uniform(from, {2}); })(ct::ones({2})); });
    });
    CHECK_THROWS_AS((void)inner(rng), ct::ValueError);
    CHECK_THROWS_WITH_AS(
        (void)ct::compile([](ct::Rng& from) { return ct::full({1}, static_cast<double>(from.state()[2])); })(rng),
        doctest::Contains("f reads the state of a generator"), ct::ValueError);
    const auto counts = ct::compile([](const ct::Count& count) {
        return ct::full({1}, static_cast<double>(elsewhere([&] { return static_cast<std::int64_t>(count); })));
    });
    CHECK_THROWS_WITH_AS((void)counts(ct::Count(2)), doctest::Contains("another thread reads a Count"), ct::ValueError);
    const auto sets =
        ct::compile([](const ct::Setting& lr) { return ct::full({1}, elsewhere([&] { return static_cast<double>(lr); })); });
    CHECK_THROWS_WITH_AS((void)sets(ct::Setting(2)), doctest::Contains("another thread reads a Setting"), ct::ValueError);
    // Another generator may be drawn from anywhere: its numbers are the same in every call.
    const auto other = ct::compile([](const Tensor& x) {
        return x * elsewhere([] {
                   ct::Rng made(4);
                   return ct::uniform(made, {2});
               });
    });
    ct::Rng made(4);
    CHECK(other(ct::ones({2})).to_vector<float>() == ct::uniform(made, {2}).to_vector<float>());
}

TEST_CASE("pieces of parallel_for are recorded one after another") {
    const auto squares = [](const Tensor& x) {
        std::vector<Tensor> rows(8);
        ct::parallel_for(8, 1, [&](std::int64_t first, std::int64_t) {
            rows[static_cast<std::size_t>(first)] = x * static_cast<double>(first);
        });
        return ct::stack(rows);
    };
    auto compiled = ct::compile(squares);
    for (const double value : {1.0, 2.0, 3.0})
        CHECK(compiled(ct::full({3}, value)).to_vector<float>() == squares(ct::full({3}, value)).to_vector<float>());
    CHECK(compiled.recordings() == 1);
    CHECK_THROWS_AS((void)ct::compile([](const Tensor& x) {
                        std::vector<double> read(8);
                        ct::parallel_for(8, 1, [&](std::int64_t first, std::int64_t) {
                            read[static_cast<std::size_t>(first)] = x.item();
                        });
                        return x * read[3];
                    })(ct::ones({1})),
                    ct::ValueError);
}

TEST_CASE("threads record functions of their own at the same time") {
    const auto work = [](double scale) {
        bool right = true;
        for (int k = 0; k < 20; ++k) {
            auto f = ct::compile(
                [=](const Tensor& x, ct::Rng& rng) { return sum(matmul(x, x) * scale + ct::uniform(rng, x.shape())); });
            ct::Rng rng(static_cast<std::uint64_t>(k)), same = rng;
            const Tensor x = ct::full({40 + k, 40 + k}, 0.5);
            for (int call = 0; call < 2; ++call) {
                const double expected = sum(matmul(x, x) * scale + ct::uniform(same, x.shape())).item();
                right = right && std::abs(f(x, rng).item() - expected) <= 1e-4 * expected;
            }
        }
        return right;
    };
    auto first = std::async(std::launch::async, work, 2.0), second = std::async(std::launch::async, work, 3.0);
    CHECK(first.get());
    CHECK(second.get());
}
