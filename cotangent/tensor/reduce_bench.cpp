#include <benchmark/benchmark.h>

#include "cotangent/tensor/ops.hpp"

namespace {

// Real time, not the caller's processor time: the pool's threads share the work.

/// Bytes read a second of about a million float32.
void run(benchmark::State& state, const ct::Shape& shape, const ct::ReduceOptions& options) {
    const ct::Tensor x = ct::ones(shape);
    for (auto _ : state) benchmark::DoNotOptimize(ct::sum(x, options));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(x.bytes()));
}
BENCHMARK_CAPTURE(run, sum_all, {1000000}, {})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_axis_0, {1000, 1000}, {.axes = {0}})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_axis_1, {1000, 1000}, {.axes = {1}})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_short_rows, {100000, 10}, {.axes = {1}})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_narrow_columns, {250000, 4}, {.axes = {0}})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_nchw_to_channels, {32, 32, 32, 32}, {.axes = {0, 2, 3}})->UseRealTime();
BENCHMARK_CAPTURE(run, sum_nhwc_to_channels, {32, 32, 32, 32}, {.axes = {0, 1, 2}})->UseRealTime();

void max_all(benchmark::State& state) {
    const ct::Tensor x = ct::ones({1000000});
    for (auto _ : state) benchmark::DoNotOptimize(ct::max(x));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(x.bytes()));
}
BENCHMARK(max_all)->UseRealTime();

void transposed(benchmark::State& state, const ct::Shape& shape, const std::vector<int>& axes) {
    const ct::Tensor x = ct::ones(shape);
    for (auto _ : state) benchmark::DoNotOptimize(ct::transpose(x, axes));
    state.SetBytesProcessed(2 * state.iterations() * static_cast<std::int64_t>(x.bytes()));
}
BENCHMARK_CAPTURE(transposed, matrix, {1024, 1024}, {1, 0})->UseRealTime();
BENCHMARK_CAPTURE(transposed, heads, {16, 128, 8, 64}, {0, 2, 1, 3})->UseRealTime();
BENCHMARK_CAPTURE(transposed, nchw_to_nhwc, {32, 32, 32, 32}, {0, 2, 3, 1})->UseRealTime();

}  // namespace
