#include "cotangent/nn/batch_norm.hpp"

#include "cotangent/nn/detail/batch_norm_blocks.hpp"
#include "cotangent/nn/detail/batch_norm_planes.hpp"
#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/tensor/composed.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

using detail::BlockedForm, detail::Call, detail::Keep, detail::record;

Planes planes_of(const Tensor& x) {
    return {x.shape()[0], x.shape()[1], x.rank() == 4 ? x.shape()[2] * x.shape()[3] : 1};
}
BlockedImages blocks_of(const Tensor& x, std::int64_t block) {
    return {x.shape()[0], x.shape()[1], x.shape()[2] * x.shape()[3], block};
}

/// run(number, element): what is computed with, and what x holds.
template <class Run>
void with_numbers(Dtype dtype, Run&& run) {
    if (dtype == Dtype::float32) run(float{}, float{});
    else if (dtype == Dtype::bfloat16) run(float{}, BFloat16{});
    else run(double{}, double{});
}

/// How an op runs on blocks that has a member `block`. Images are some of its inputs and outputs.
template <std::size_t inputs, std::size_t outputs, class Op>
BlockedForm form_in_blocks(const detail::OpName& name, const Op& op, const std::array<std::int64_t, inputs>& in,
                           const std::array<std::int64_t, outputs>& out) {
    return {.inputs = {in.begin(), in.end()},
            .outputs = {out.begin(), out.end()},
            .takes = BlockedImages::can_be,
            .in = [name, op](std::int64_t block) {
                Op blocked = op;
                blocked.block = block;
                return detail::operation_of<outputs, inputs>(name, blocked);
            }};
}

template <class T, std::size_t n>
struct Vectors {
    std::array<Tensor, n> tensors;  ///< [channels]
    std::array<T*, n> data;
    explicit Vectors(const Tensor& like) {
        for (std::size_t k = 0; k < n; ++k) {
            tensors[k] = Tensor::uninitialized(like.shape(), like.dtype());
            data[k] = tensors[k].template fresh_data<T>();
        }
    }
};
template <class T>
Statistics<T> statistics_in(const Vectors<T, 4>& to) {
    return {to.data[0], to.data[1], to.data[2], to.data[3]};
}
template <class T>
GradientSums<T> sums_in(const Vectors<T, 5>& to) {
    return {to.data[0], to.data[1], to.data[2], to.data[3], to.data[4]};
}

/// The normalised batch, 1 / deviation, mean and variance.
struct Forward {
    double epsilon;
    std::int64_t block = 1;

    std::array<Tensor, 4> operator()(const Tensor& x, const Tensor& gain, const Tensor& bias) const {
        Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
        std::array<Tensor, 4> statistics;
        with_numbers(x.dtype(), [&]<class T, class In>(T, In) {
            Vectors<T, 4> to(gain);
            const auto run = [&](auto f, const auto& images) {
                f(images, x.data<In>(), gain.data<T>(), bias.data<T>(), epsilon, y.fresh_data<In>(), statistics_in(to));
            };
            if (block == 1) run(batch_norm_of_planes<In, T>, planes_of(x));
            else if constexpr (std::is_same_v<T, float>) run(batch_norm_of_blocks<In>, blocks_of(x, block));
            statistics = std::move(to.tensors);
        });
        return {std::move(y), std::move(statistics[0]), std::move(statistics[1]), std::move(statistics[2])};
    }
    [[nodiscard]] BlockedForm in_blocks(Dtype) const {
        return form_in_blocks<3, 4>("batch_norm", *this, {BlockedForm::any, 1, 1}, {BlockedForm::any, 1, 1, 1});
    }
};

/// The derivatives by x, gain and bias of what has cotangent g.
struct Gradient {
    std::int64_t block = 1;

    std::array<Tensor, 3> operator()(const Tensor& x, const Tensor& gain, const Tensor& g, const Tensor& mean, const Tensor& scale) const {
        Tensor dx = Tensor::uninitialized(x.shape(), x.dtype());
        std::array<Tensor, 5> sums;
        with_numbers(x.dtype(), [&]<class T, class In>(T, In) {
            Vectors<T, 5> to(mean);
            const auto run = [&](auto f, const auto& images) {
                f(images, x.data<In>(), gain.data<T>(), g.data<In>(), mean.data<T>(), scale.data<T>(), dx.fresh_data<In>(), sums_in(to));
            };
            if (block == 1) run(batch_norm_gradient_of_planes<In, T>, planes_of(x));
            else if constexpr (std::is_same_v<T, float>) run(batch_norm_gradient_of_blocks<In>, blocks_of(x, block));
            sums = std::move(to.tensors);
        });
        return {std::move(dx), std::move(sums[0]), std::move(sums[1])};
    }
    [[nodiscard]] BlockedForm in_blocks(Dtype) const {
        return form_in_blocks<5, 3>("batch_norm_gradient", *this, {BlockedForm::any, 1, BlockedForm::any, 1, 1}, {BlockedForm::any, 1, 1});
    }
};

// In a trace, float32 images that may come to lie in blocks are normalised in two ops: sums, and what works element by
// element, which is computed together with its neighbours, such as a relu.

bool is_in_parts(const Tensor& x) {
    return detail::is_tracing() && x.rank() == 4 && x.dtype() == Dtype::float32 && BlockedImages::can_be(x.length(1));
}

struct StatisticsPart {
    double epsilon;
    std::int64_t block = 1;

    std::array<Tensor, 4> operator()(const Tensor& x, const Tensor& gain) const {
        Vectors<float, 4> to(gain);
        const auto run = [&](auto f, const auto& images) { f(images, x.data<float>(), gain.data<float>(), epsilon, statistics_in(to)); };
        if (block == 1) run(statistics_of_planes<float, float>, planes_of(x));
        else run(statistics_of_blocks<float>, blocks_of(x, block));
        return std::move(to.tensors);
    }
    [[nodiscard]] BlockedForm in_blocks(Dtype) const {
        return form_in_blocks<2, 4>("batch_norm_statistics", *this, {BlockedForm::any, 1}, {1, 1, 1, 1});
    }
};

struct SumsPart {
    std::int64_t block = 1;

    std::array<Tensor, 5> operator()(const Tensor& x, const Tensor& gain, const Tensor& g, const Tensor& mean, const Tensor& scale) const {
        Vectors<float, 5> to(mean);
        const auto run = [&](auto f, const auto& images) {
            f(images, x.data<float>(), gain.data<float>(), g.data<float>(), mean.data<float>(), scale.data<float>(), sums_in(to));
        };
        if (block == 1) run(gradient_sums_of_planes<float, float>, planes_of(x));
        else run(gradient_sums_of_blocks<float>, blocks_of(x, block));
        return std::move(to.tensors);
    }
    [[nodiscard]] BlockedForm in_blocks(Dtype) const {
        return form_in_blocks<5, 5>("batch_norm_sums", *this, {BlockedForm::any, 1, BlockedForm::any, 1, 1}, {1, 1, 1, 1, 1});
    }
};

Tensor column(const Tensor& channels) { return reshape(channels, {-1, 1, 1}); }

std::array<Tensor, 4> forward(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon) {
    const auto elements = static_cast<double>(x.size());
    if (!is_in_parts(x)) return detail::traced_outputs<4>({"batch_norm", 8.0 * elements}, Forward{epsilon}, x, gain, bias);
    const detail::PauseRecording pause;
    auto [scale, mean, variance, factor] = detail::traced_outputs<4>({"batch_norm_statistics", 4.0 * elements}, StatisticsPart{epsilon}, x, gain);
    Tensor y = detail::elementwise("normalize", [](auto v, auto m, auto f, auto o) { return (v - m) * f + o; }, x, column(mean),
                                   column(factor), column(bias));
    return {std::move(y), std::move(scale), std::move(mean), std::move(variance)};
}

std::array<Tensor, 3> gradient(const Tensor& x, const Tensor& gain, const Tensor& g, const Tensor& mean, const Tensor& scale) {
    const auto elements = static_cast<double>(x.size());
    if (!is_in_parts(x)) return detail::traced_outputs<3>({"batch_norm_gradient", 12.0 * elements}, Gradient{}, x, gain, g, mean, scale);
    auto [dgain, dbias, mean_g, slope, outer] = detail::traced_outputs<5>({"batch_norm_sums", 6.0 * elements}, SumsPart{}, x, gain, g, mean, scale);
    Tensor dx = detail::elementwise("normalize_gradient", [](auto v, auto dy, auto m, auto u, auto f, auto o) { return (dy - u - (v - m) * f) * o; },
                                    x, g, column(mean), column(mean_g), column(slope), column(outer));
    return {std::move(dx), std::move(dgain), std::move(dbias)};
}

struct FusedBatchNorm {
    static constexpr const char* name = "batch_norm";
    static constexpr Keep keep = Keep::inputs;
    Tensor mean, scale;  // [channels]
    double epsilon;

    void vjp(const Call& call) const {
        if (detail::is_recording()) return detail::composed_vjp(call, composition(epsilon));
        auto [dx, dgain, dbias] = gradient(call.input(0), call.input(1), call.cotangent(), mean, scale);
        call.give(0, std::move(dx));
        call.give(1, std::move(dgain));
        call.give(2, std::move(dbias));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return detail::composed_jvp(call, composition(epsilon)); }

    static detail::Composition composition(double epsilon) {
        return [epsilon](std::span<const Tensor> in) {
            if (in[0].dtype() == Dtype::bfloat16)
                return std::vector{cast(composition(epsilon)(std::vector{cast(in[0], Dtype::float32), in[1], in[2]})[0], in[0].dtype())};
            const ReduceOptions over{.axes = in[0].rank() == 4 ? std::vector<int>{0, 2, 3} : std::vector<int>{0}, .keep_axes = true};
            const Tensor centred = in[0] - cotangent::mean(in[0], over);
            const Tensor normal = centred * rsqrt(cotangent::mean(square(centred), over) + epsilon);
            const auto column = [&](const Tensor& t) { return in[0].rank() == 4 ? reshape(t, {-1, 1, 1}) : t; };
            return std::vector{normal * column(in[1]) + column(in[2])};
        };
    }
};

void check(const Tensor& x, const Tensor& gain, const Tensor& bias) {
    if (x.rank() != 4 && x.rank() != 2)
        throw ShapeError(fmt::format("batch_norm: x has shape {}, expected [N, C, H, W] or [N, C]", to_string(x.shape())));
    const Shape channels{x.shape()[1]};
    if (gain.shape() != channels || bias.shape() != channels)
        throw ShapeError(fmt::format("batch_norm: gain and bias have shapes {} and {}, expected {} for x {}", to_string(gain.shape()),
                                     to_string(bias.shape()), to_string(channels), to_string(x.shape())));
    const Dtype wide = x.dtype() == Dtype::bfloat16 ? Dtype::float32 : x.dtype();
    if (wide != gain.dtype() || wide != bias.dtype() || !is_floating(wide))
        throw DtypeError(fmt::format("batch_norm: x, gain and bias are {}, {} and {}, expected all float32 or all float64; or "
                                     "bfloat16, float32 and float32",
                                     name(x.dtype()), name(gain.dtype()), name(bias.dtype())));
    if (x.is_empty()) throw ShapeError(fmt::format("batch_norm: x has shape {}, expected at least one element", to_string(x.shape())));
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, double epsilon, BatchStatistics& statistics) {
    if (x.dtype() == Dtype::bfloat16 && (gain.dtype() == x.dtype() || bias.dtype() == x.dtype()))
        return batch_norm(x, cast(gain, Dtype::float32), cast(bias, Dtype::float32), epsilon, statistics);
    check(x, gain, bias);
    auto [y, scale, mean, variance] = forward(x, gain, bias, epsilon);
    statistics = {mean, variance};
    return record(FusedBatchNorm{mean, scale, epsilon}, std::move(y), x, gain, bias);
}

BatchNormState BatchNormState::init(std::int64_t channels) { return {zeros({channels}), ones({channels})}; }

BatchNorm BatchNorm::init(std::int64_t channels) {
    check_sizes("batch_norm", {{"channels", channels}});
    return {ones({channels}), zeros({channels})};
}

Tensor BatchNorm::operator()(const Tensor& x, BatchNormState& state, const Pass& pass, BatchNormOptions options) const {
    if (x.dtype() == Dtype::bfloat16 && !pass.training) {
        const BatchNorm wide{cast(gain, Dtype::float32), cast(bias, Dtype::float32)};
        return cast(wide(cast(x, Dtype::float32), state, pass, options), x.dtype());
    }
    if (pass.training) {
        BatchStatistics batch;
        Tensor y = batch_norm(x, gain, bias, options.epsilon, batch);
        const Planes planes = planes_of(x);
        const double n = static_cast<double>(planes.count()), unbiased = n > 1 ? n / (n - 1) : 1;
        const detail::PauseRecording pause;  // the state is not part of the function
        state.mean = state.mean * (1 - options.momentum) + batch.mean * options.momentum;
        state.variance = state.variance * (1 - options.momentum) + batch.variance * (options.momentum * unbiased);
        return y;
    }
    check(x, gain, bias);
    const auto column = [&](const Tensor& t) { return x.rank() == 4 ? reshape(t, {-1, 1, 1}) : t; };
    const Tensor scale = gain * rsqrt(state.variance + options.epsilon);
    return x * column(scale) + column(bias - state.mean * scale);
}

}  // namespace cotangent::nn
