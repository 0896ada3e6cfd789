// The convolutions of LeNet-5 (batch 128) and ResNet-20 (batch 128): forward, to images, to kernel.
#include <benchmark/benchmark.h>

#include <array>

#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

#include <fmt/format.h>

namespace ct = cotangent;

namespace {

void convolution(benchmark::State& state, ct::Dtype dtype, const std::array<int, 7>& layer, int part) {
    const auto [n, c, side, o, k, stride, padding] = layer;
    const int out = (side + 2 * padding - k) / stride + 1;
    const ct::detail::ConvolutionProblem problem{n, c, side, side, o, k, k, out, out, 1, {stride, stride}, {1, 1}, {padding, padding}, {padding, padding}};
    ct::Tensor images = ct::full({n, c, side, side}, 0.5, dtype), kernel = ct::full({o, c, k, k}, 0.25, dtype);
    ct::Tensor outputs = ct::full({n, o, out, out}, 0.125, dtype);
    for (auto _ : state) {
        if (part == 0) ct::detail::convolution(dtype, problem, images.raw(), kernel.raw(), outputs.mutable_raw());
        if (part == 1) ct::detail::convolution_to_images(dtype, problem, outputs.raw(), kernel.raw(), images.mutable_raw());
        if (part == 2) ct::detail::convolution_to_kernel(dtype, problem, images.raw(), outputs.raw(), kernel.mutable_raw());
    }
    state.counters["GFLOP/s"] = benchmark::Counter(1e-9 * problem.flops_per_image() * n, benchmark::Counter::kIsIterationInvariantRate);
}

const int registered = [] {
    // images, channels, side, outputs, kernel, stride, padding
    constexpr std::array<int, 7> layers[] = {{128, 1, 28, 6, 5, 1, 2},   {128, 6, 14, 16, 5, 1, 0},  {128, 3, 32, 16, 3, 1, 1},
                                             {128, 16, 32, 16, 3, 1, 1}, {128, 16, 32, 32, 3, 2, 1}, {128, 16, 32, 32, 1, 2, 0},
                                             {128, 32, 16, 32, 3, 1, 1}, {128, 32, 16, 64, 3, 2, 1}, {128, 64, 8, 64, 3, 1, 1}};
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::bfloat16})
        for (const auto& layer : layers)
            for (int part = 0; part < 3; ++part)
                benchmark::RegisterBenchmark(fmt::format("conv2d/{}/{}x{}x{}/{}x{}s{}/{}", ct::name(dtype), layer[0], layer[1], layer[2],
                                                         layer[3], layer[4], layer[5],
                                                         std::array{"forward", "to_images", "to_kernel"}[std::size_t(part)])
                                                 .c_str(),
                                             convolution, dtype, layer, part)
                    ->UseRealTime();
    return 0;
}();

}  // namespace
