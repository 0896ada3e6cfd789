// Nanoseconds an element (1 / items_per_second) of every function of lanes, over 4096 numbers in the first cache.
#include "cotangent/tensor/lanes_math.hpp"

#include <vector>

#include <benchmark/benchmark.h>

namespace ct = cotangent;
using ct::Lanes;

namespace {

template <class T, class F>
void run(benchmark::State& state, F f, double low, double high) {
    constexpr int count = 4096;
    std::vector<T> x(count), y(count);
    for (int i = 0; i < count; ++i) x[i] = static_cast<T>(low + (high - low) * i / count);
    for (auto _ : state) {
        for (int i = 0; i < count; i += Lanes<T>::count) f(Lanes<T>::load(&x[i])).store(&y[i]);
        benchmark::DoNotOptimize(y.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * count);
    state.SetBytesProcessed(state.iterations() * count * static_cast<std::int64_t>(2 * sizeof(T)));
}

template <class F>
void add(const std::string& name, F f, double low = -5, double high = 5) {
    benchmark::RegisterBenchmark((name + "/float").c_str(),
                                 [=](benchmark::State& state) { run<float>(state, f, low, high); });
    benchmark::RegisterBenchmark((name + "/double").c_str(),
                                 [=](benchmark::State& state) { run<double>(state, f, low, high); });
}

const bool added = [] {
    add("exp", [](auto x) { return exp(x); });
    add("expm1", [](auto x) { return expm1(x); });
    add("log", [](auto x) { return log(x); }, 0.01, 10);
    add("log1p", [](auto x) { return log1p(x); }, -0.9, 10);
    add("tanh", [](auto x) { return tanh(x); });
    add("erf", [](auto x) { return erf(x); });
    add("sigmoid", [](auto x) { return ct::sigmoid(x); });
    add("softplus", [](auto x) { return ct::softplus(x); });
    add("sin", [](auto x) { return sin(x); }, -100, 100);
    add("cos", [](auto x) { return cos(x); }, -100, 100);
    add("tan", [](auto x) { return tan(x); }, -100, 100);
    add("sqrt", [](auto x) { return sqrt(x); }, 0, 10);
    add("floor", [](auto x) { return floor(x); });
    add("pow", [](auto x) { return pow(x, decltype(x)(1.7)); }, 0.01, 10);
    return true;
}();

}  // namespace
