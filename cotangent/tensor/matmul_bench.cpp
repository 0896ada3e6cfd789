// The products of an MLP, LeNet-5 and a small GPT: [count] x rows x inner x columns, plain or transposed.
#include <benchmark/benchmark.h>

#include <array>
#include <utility>

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace ct = cotangent;

namespace {

void product(benchmark::State& state, ct::Dtype dtype, std::int64_t count, std::int64_t m, std::int64_t k, std::int64_t n, bool ta,
             bool tb) {
    const auto a = ct::full(ta ? ct::Shape{count, k, m} : ct::Shape{count, m, k}, 0.5, dtype);
    const auto b = ct::full(tb ? ct::Shape{count, n, k} : ct::Shape{count, k, n}, 0.25, dtype);
    for (auto _ : state) benchmark::DoNotOptimize(ct::matmul(a, b, {ta, tb}).raw());
    state.counters["GFLOP/s"] =
        benchmark::Counter(2e-9 * double(count * m * k * n), benchmark::Counter::kIsIterationInvariantRate);
}

const int registered = [] {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16})
        for (const auto& [count, m, k, n] : {std::array<std::int64_t, 4>{1, 32, 784, 128}, {1, 128, 400, 120}, {1, 1024, 128, 512},
                                             {1, 128, 128, 10}, {64, 64, 32, 64}, {64, 64, 64, 32}, {1, 1024, 1024, 1024}, {1, 4, 4, 4}})
            for (const auto& [ta, tb] : {std::pair{false, false}, {true, false}, {false, true}})
                benchmark::RegisterBenchmark(
                    fmt::format("matmul/{}/{}x{}x{}x{}{}{}", ct::name(dtype), count, m, k, n, ta ? "/ta" : "", tb ? "/tb" : "").c_str(),
                    product, dtype, count, m, k, n, ta, tb)
                    ->UseRealTime();
    return 0;
}();

}  // namespace
