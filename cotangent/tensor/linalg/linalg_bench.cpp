// Factorisations of one matrix and of stacks of small ones, and transforms of a line and of many.
#include <benchmark/benchmark.h>

#include <cmath>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/random.hpp"

#include <fmt/format.h>

namespace ct = cotangent;

namespace {

using Op = ct::Tensor (*)(const ct::Tensor&);

void run(benchmark::State& state, Op op, const ct::Tensor& x) {
    for (auto _ : state) benchmark::DoNotOptimize(op(x).raw());
}

void add(const char* name, Op op, const ct::Tensor& x) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}/{}", name, ct::name(x.dtype()), ct::to_string(x.shape())).c_str(), run,
                                 op, x)
        ->UseRealTime();
}

const int registered = [] {
    ct::Rng rng(0);
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        for (const ct::Shape& shape :
             {ct::Shape{4, 4}, {1000, 4, 4}, {1000, 16, 16}, {100, 32, 32}, {128, 128}, {512, 512}}) {
            const ct::Tensor x = ct::normal(rng, shape, 0, 1, dtype);
            const ct::Tensor definite = ct::matmul(x, x, {.transpose_b = true}) + ct::eye(shape.back(), dtype);
            add("cholesky", ct::cholesky, definite);
            add(
                "triangular_solve", [](const ct::Tensor& a) { return ct::triangular_solve(a, a); }, definite);
            add(
                "solve",
                [](const ct::Tensor& a) {
                    return ct::solve(a, ct::ones({a.length(-1), 1}, a.dtype()));
                },
                definite);
            add("inverse", ct::inverse, definite);
            add(
                "slogdet", [](const ct::Tensor& a) { return ct::slogdet(a).logabsdet; }, definite);
            add(
                "qr", [](const ct::Tensor& a) { return ct::qr(a).q; }, x);
            add(
                "eigh", [](const ct::Tensor& a) { return ct::eigh(a).vectors; }, definite);
            add(
                "svd", [](const ct::Tensor& a) { return ct::svd(a).u; }, x);
            add("matrix_exp", ct::matrix_exp, x / std::sqrt(double(shape.back())));
        }
        for (const ct::Shape& shape :
             {ct::Shape{1024, 2}, {1000, 2}, {1009, 2}, {65536, 2}, {256, 1024, 2}, {256, 1000, 2}, {64, 1009, 2}})
            add("fft", ct::fft, ct::normal(rng, shape, 0, 1, dtype));
        for (const ct::Shape& shape : {ct::Shape{1024}, {256, 1024}})
            add("rfft", ct::rfft, ct::normal(rng, shape, 0, 1, dtype));
        add("fft2", ct::fft2, ct::normal(rng, {16, 128, 128, 2}, 0, 1, dtype));
    }
    return 0;
}();

}  // namespace
