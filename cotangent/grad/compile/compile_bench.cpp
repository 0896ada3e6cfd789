// A log density and its gradient, compiled, and as it is without.
#include <benchmark/benchmark.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/compile/detail/densities.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"

namespace ct = cotangent;
namespace densities = ct::detail::densities;

namespace {

template <class Density>
void density(benchmark::State& state, const char* name, bool compiled) {
    const densities::Json data = densities::read(name);
    if (data.is_null()) return state.SkipWithError("COTANGENT_DATA has no folder posteriordb");
    ct::set_thread_count(1);
    const auto f = ct::value_and_grad(Density(data));
    auto g = ct::compile(f);
    const auto point = Density::point();
    for (auto _ : state) benchmark::DoNotOptimize(compiled ? g(point) : f(point));
}

void register_all() {
    for (const bool compiled : {false, true}) {
        const std::string what = compiled ? "/compiled" : "/eager";
        benchmark::RegisterBenchmark(("eight_schools" + what).c_str(), density<densities::EightSchools>,
                                     "eight_schools-eight_schools_noncentered", compiled);
        benchmark::RegisterBenchmark(("logmesquite" + what).c_str(), density<densities::LogMesquite>, "mesquite-logmesquite", compiled);
        benchmark::RegisterBenchmark(("radon_pooled" + what).c_str(), density<densities::RadonPooled>, "radon_all-radon_pooled", compiled);
    }
}
const bool registered = (register_all(), true);

/// Five fused operations on 10^7 floats, and a copy of as many: bytes a second of both are those read and written.
void map_of_five(benchmark::State& state) {
    ct::set_thread_count(static_cast<int>(state.range(0)));
    const ct::Tensor x = ct::full({10'000'000}, 0.5);
    for (auto _ : state) benchmark::DoNotOptimize(ct::map([](auto v) { return (v * 1.5 + 2.0) * v - 0.5 / (v + 3.0); }, x));
    state.SetBytesProcessed(state.iterations() * 80'000'000);
}
void copy(benchmark::State& state) {
    ct::set_thread_count(static_cast<int>(state.range(0)));
    const ct::Tensor x = ct::full({10'000'000}, 0.5);
    ct::Tensor y = ct::zeros(x.shape());
    float* to = y.mutable_values<float>().data();
    for (auto _ : state) {
        ct::parallel_for(x.size(), 1 << 20, [&](std::int64_t first, std::int64_t last) {
            std::copy(x.data<float>() + first, x.data<float>() + last, to + first);
        });
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * 80'000'000);
}
BENCHMARK(map_of_five)->Arg(1)->Arg(2);
BENCHMARK(copy)->Arg(1)->Arg(2);

}  // namespace
