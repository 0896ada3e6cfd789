// The elementwise loop against the memory it moves: bytes_per_second counts inputs and output once each.
#include <benchmark/benchmark.h>

#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;

namespace {

using Binary = ct::Tensor (*)(const ct::Tensor&, const ct::Tensor&);
using Unary = ct::Tensor (*)(const ct::Tensor&);

void binary(benchmark::State& state, Binary op, const ct::Shape& a, const ct::Shape& b,
            ct::Dtype dtype = ct::Dtype::float32) {
    const ct::Tensor x = ct::full(a, 3, dtype), y = ct::full(b, 2, dtype);
    std::size_t bytes = 0;
    for (auto _ : state) {
        const ct::Tensor z = op(x, y);
        benchmark::DoNotOptimize(z.raw());
        bytes = x.bytes() + y.bytes() + z.bytes();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.SetItemsProcessed(state.iterations() * ct::broadcast("bench", a, b).size());
}

void unary(benchmark::State& state, Unary op, const ct::Shape& a) {
    const ct::Tensor x = ct::full(a, 0.7);
    for (auto _ : state) {
        const ct::Tensor y = op(x);
        benchmark::DoNotOptimize(y.raw());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * x.bytes()));
    state.SetItemsProcessed(state.iterations() * x.size());
}

/// What the machine gives: a copy of a tensor's memory.
void copy(benchmark::State& state, std::int64_t size) {
    const ct::Tensor x = ct::full({size}, 3);
    for (auto _ : state) {
        const ct::Tensor y = ct::Tensor::from(x.values<float>(), {size});
        benchmark::DoNotOptimize(y.raw());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * x.bytes()));
}

const ct::Shape million{1000, 1000}, row{1000}, column{1000, 1};
BENCHMARK_CAPTURE(copy, million, 1'000'000)->UseRealTime();
BENCHMARK_CAPTURE(copy, 16_thousand, 16'384)->UseRealTime();
BENCHMARK_CAPTURE(binary, add_million, ct::add, million, million)->UseRealTime();
BENCHMARK_CAPTURE(binary, multiply_million, ct::multiply, million, million)->UseRealTime();
BENCHMARK_CAPTURE(binary, add_row, ct::add, million, row)->UseRealTime();
BENCHMARK_CAPTURE(binary, multiply_column, ct::multiply, million, column)->UseRealTime();
BENCHMARK_CAPTURE(binary, add_scalar, ct::add, million, ct::Shape{})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_16_thousand, ct::add, ct::Shape{16'384}, ct::Shape{16'384})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_short_rows, ct::add, ct::Shape{32, 10}, ct::Shape{10})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_many_short_rows, ct::add, ct::Shape{100'000, 10}, ct::Shape{10})->UseRealTime();
BENCHMARK_CAPTURE(binary, multiply_short_columns, ct::multiply, ct::Shape{100'000, 10}, ct::Shape{100'000, 1})
    ->UseRealTime();
BENCHMARK_CAPTURE(binary, add_channels, ct::add, ct::Shape{32, 16, 28, 28}, ct::Shape{16, 1, 1})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_10, ct::add, ct::Shape{10}, ct::Shape{10})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_1, ct::add, ct::Shape{1}, ct::Shape{1})->UseRealTime();
BENCHMARK_CAPTURE(binary, add_int32, ct::add, million, million, ct::Dtype::int32)->UseRealTime();
BENCHMARK_CAPTURE(binary, add_int64_row, ct::add, million, row, ct::Dtype::int64)->UseRealTime();
BENCHMARK_CAPTURE(binary, multiply_int32_scalar, ct::multiply, million, ct::Shape{}, ct::Dtype::int32)->UseRealTime();
BENCHMARK_CAPTURE(binary, add_bfloat16, ct::add, million, million, ct::Dtype::bfloat16)->UseRealTime();
BENCHMARK_CAPTURE(binary, less, ct::less, million, million)->UseRealTime();
BENCHMARK_CAPTURE(binary, less_row, ct::less, million, row)->UseRealTime();
BENCHMARK_CAPTURE(unary, exp, ct::exp, million)->UseRealTime();
BENCHMARK_CAPTURE(unary, exp_1, ct::exp, ct::Shape{})->UseRealTime();
BENCHMARK_CAPTURE(unary, exp_10, ct::exp, ct::Shape{10})->UseRealTime();

void choose(benchmark::State& state) {
    const ct::Tensor x = ct::full(million, 3), y = ct::full(million, 2), condition = x > y;
    for (auto _ : state) benchmark::DoNotOptimize(ct::where(condition, x, y).raw());
    state.SetItemsProcessed(state.iterations() * x.size());
}
BENCHMARK(choose)->UseRealTime();

}  // namespace
