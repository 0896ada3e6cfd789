#include <benchmark/benchmark.h>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/record.hpp"

namespace ct = cotangent;

namespace {

constexpr int chain_length = 200;

ct::Tensor chain(const ct::Tensor& x, const ct::Tensor& factor) {
    ct::Tensor y = x;
    for (int k = 0; k < chain_length; ++k) y = y * factor;
    return y;
}

void multiply_chain_forward(benchmark::State& state) {
    const ct::Tensor x = ct::ones({1}), factor = ct::full({1}, 1.01);
    for (auto _ : state) benchmark::DoNotOptimize(chain(x, factor));
    state.SetItemsProcessed(state.iterations() * chain_length);
}
BENCHMARK(multiply_chain_forward);

void multiply_chain_forward_backward(benchmark::State& state) {
    const ct::Tensor x = ct::ones({1}), factor = ct::full({1}, 1.01), one = ct::ones({1});
    for (auto _ : state) {
        ct::Tensor variable, y;
        {
            const ct::detail::Differentiating differentiating;
            variable = ct::detail::watch(x);
            y = chain(variable, factor);
        }
        benchmark::DoNotOptimize(ct::detail::pull({{y}}, {{one}}, {{variable}}, ct::detail::Records::consume));
    }
    state.SetItemsProcessed(state.iterations() * chain_length);
}
BENCHMARK(multiply_chain_forward_backward);

}  // namespace
