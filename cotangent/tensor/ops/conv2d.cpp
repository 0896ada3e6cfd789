#include "cotangent/tensor/ops/conv2d.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::ConvolutionProblem, detail::Keep, detail::record;

// <conv2d(x, w), y> is linear in x, w and y. The op of each part is the derivative of that number by the part, computed
// from the other two; so the derivatives of each of the three ops are the other two.
using Part = detail::ConvolutionArgument;

Tensor part_of(Part part, const ConvolutionProblem& problem, const Tensor& first, const Tensor& second);

/// The other two parts, in the order in which the op takes them.
constexpr Part first_input(Part part) { return part == Part::images ? Part::out : Part::images; }
constexpr Part second_input(Part part) { return part == Part::kernel ? Part::out : Part::kernel; }

template <Part part>
struct ConvolutionPart {
    static constexpr const char* name = part == Part::out      ? "conv2d"
                                        : part == Part::images ? "conv2d_transpose"
                                                               : "conv2d_kernel_gradient";
    static constexpr Keep keep = Keep::inputs;
    ConvolutionProblem problem;

    void vjp(const Call& call) const {
        for (const int i : {0, 1})
            if (call.wants(i)) call.give(i, derivative(call, i));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return part_of(part, problem, call.input(0), call.tangent(1));
        if (!call.has_tangent(1)) return part_of(part, problem, call.tangent(0), call.input(1));
        return part_of(part, problem, call.tangent(0), call.input(1)) + part_of(part, problem, call.input(0), call.tangent(1));
    }

private:
    [[nodiscard]] Tensor derivative(const Call& call, int i) const {
        const Part wanted = i == 0 ? first_input(part) : second_input(part);
        const Part held = i == 0 ? second_input(part) : first_input(part);
        const Tensor& other = call.input(1 - i);
        return first_input(wanted) == held ? part_of(wanted, problem, other, call.cotangent())
                                           : part_of(wanted, problem, call.cotangent(), other);
    }
};

Shape shape_of(Part part, const ConvolutionProblem& p) {
    if (part == Part::images) return {p.batch, p.channels, p.height, p.width};
    if (part == Part::kernel) return {p.outputs, p.channels / p.groups, p.kernel_height, p.kernel_width};
    return {p.batch, p.outputs, p.out_height, p.out_width};
}

Tensor compute(Part part, const ConvolutionProblem& p, const Tensor& first, const Tensor& second) {
    if (first.dtype() == Dtype::bfloat16 && !detail::has_bfloat16_products())
        return detail::to_bfloat16(compute(part, p, detail::to_float32(first), detail::to_float32(second)));
    const Shape shape = shape_of(part, p);
    if (first.size() == 0 || second.size() == 0) return zeros(shape, first.dtype());
    Tensor result = Tensor::uninitialized(shape, first.dtype());
    if (result.size() == 0) return result;
    void* to = result.fresh_data<std::byte>();
    if (part == Part::out) detail::convolution(first.dtype(), p, first.raw(), second.raw(), to);
    else if (part == Part::images) detail::convolution_to_images(first.dtype(), p, first.raw(), second.raw(), to);
    else detail::convolution_to_kernel(first.dtype(), p, first.raw(), second.raw(), to);
    return result;
}

/// A part as an op of a trace.
struct PartOperation {
    Part part;
    ConvolutionProblem problem;

    Tensor operator()(const Tensor& first, const Tensor& second) const { return compute(part, problem, first, second); }
    [[nodiscard]] detail::OpName name() const {
        const char* name = part == Part::out      ? ConvolutionPart<Part::out>::name
                           : part == Part::images ? ConvolutionPart<Part::images>::name
                                                  : ConvolutionPart<Part::kernel>::name;
        return {name, problem.flops_per_image() * static_cast<double>(problem.batch)};
    }
    [[nodiscard]] detail::BlockedForm in_blocks(Dtype dtype) const {
        const auto blocks = detail::convolution_blocks(dtype, problem, part);
        if (blocks.images == 1 && blocks.out == 1) return {};
        PartOperation blocked = *this;
        blocked.problem.image_block = blocks.images;
        blocked.problem.out_block = blocks.out;
        const auto block_of = [&](Part x) { return x == Part::images ? blocks.images : x == Part::out ? blocks.out : 1; };
        return {.inputs = {block_of(first_input(part)), block_of(second_input(part))},
                .outputs = {block_of(part)},
                .takes = nullptr,
                .in = [blocked](std::int64_t) { return detail::operation_of<0, 2>(blocked.name(), blocked); }};
    }
};

Tensor part_of(Part part, const ConvolutionProblem& problem, const Tensor& first, const Tensor& second) {
    const PartOperation operation{part, problem};
    Tensor result = detail::traced(operation.name(), operation, first, second);
    if (part == Part::out) return record(ConvolutionPart<Part::out>{problem}, std::move(result), first, second);
    if (part == Part::images) return record(ConvolutionPart<Part::images>{problem}, std::move(result), first, second);
    return record(ConvolutionPart<Part::kernel>{problem}, std::move(result), first, second);
}

void check_number(const char* op, const char* option, const HeightWidth& value, int least) {
    if (value.height < least || value.width < least)
        throw ValueError(fmt::format("{}: {} is {} x {}, expected at least {}", op, option, value.height, value.width, least));
}

/// What conv2d and conv2d_transpose check alike.
void check_common(const char* op, const Tensor& images, const Tensor& kernel, int groups) {
    detail::check_same_dtype(op, images.dtype(), kernel.dtype());
    if (!is_floating(images.dtype())) detail::throw_dtype(op, images.dtype(), "a floating dtype; use cast()");
    if (images.rank() != 4)
        throw ShapeError(fmt::format("{}: images have shape {}, expected [N, C, H, W]", op, to_string(images.shape())));
    if (groups < 1) throw ValueError(fmt::format("{}: groups is {}, expected at least 1", op, groups));
}

std::string in_groups(int groups) { return groups == 1 ? "" : fmt::format(" in {} groups", groups); }

ConvolutionProblem problem_of(const Tensor& images, const Tensor& kernel, const Conv2dOptions& options) {
    check_common("conv2d", images, kernel, options.groups);
    check_number("conv2d", "stride", options.stride, 1);
    check_number("conv2d", "dilation", options.dilation, 1);
    check_number("conv2d", "padding", options.padding.size, 0);
    const std::int64_t channels = images.shape()[1];
    if (channels % options.groups != 0)
        throw ValueError(fmt::format("conv2d: groups is {}, expected a divisor of the {} channels", options.groups, channels));
    if (kernel.rank() != 4 || kernel.shape()[1] != channels / options.groups)
        throw ShapeError(fmt::format("conv2d: kernel has shape {}, expected [*, {}, *, *] for images {}{}", to_string(kernel.shape()),
                                     channels / options.groups, to_string(images.shape()), in_groups(options.groups)));
    if (kernel.shape()[0] % options.groups != 0)
        throw ValueError(fmt::format("conv2d: groups is {}, expected a divisor of the {} outputs of kernel {}", options.groups,
                                     kernel.shape()[0], to_string(kernel.shape())));
    ConvolutionProblem p{};
    p.batch = images.shape()[0];
    p.channels = channels;
    p.height = images.shape()[2];
    p.width = images.shape()[3];
    p.outputs = kernel.shape()[0];
    p.kernel_height = kernel.shape()[2];
    p.kernel_width = kernel.shape()[3];
    p.groups = options.groups;
    p.stride = {options.stride.height, options.stride.width};
    p.dilation = {options.dilation.height, options.dilation.width};
    const std::array<std::int64_t, 2> length{p.height, p.width}, side{p.kernel_height, p.kernel_width};
    const std::array<int, 2> given{options.padding.size.height, options.padding.size.width};
    std::array<std::int64_t, 2> out{};
    for (std::size_t i : {0u, 1u}) {
        const std::int64_t reach = p.dilation[i] * (side[i] - 1) + 1;
        if (options.padding.is_same) {
            const std::int64_t kept = (length[i] + p.stride[i] - 1) / p.stride[i];
            const std::int64_t total = std::max<std::int64_t>(0, (kept - 1) * p.stride[i] + reach - length[i]);
            p.pad_before[i] = total / 2;
            p.pad_after[i] = total - total / 2;
        } else {
            p.pad_before[i] = p.pad_after[i] = given[i];
        }
        const std::int64_t room = length[i] + p.pad_before[i] + p.pad_after[i] - reach;
        if (side[i] < 1 || room < 0)
            throw ShapeError(fmt::format("conv2d: kernel {} reaches over {} {}, expected 1 to the {} of padded images {}",
                                         to_string(kernel.shape()), reach, i == 0 ? "rows" : "columns",
                                         length[i] + p.pad_before[i] + p.pad_after[i], to_string(images.shape())));
        out[i] = room / p.stride[i] + 1;
    }
    p.out_height = out[0];
    p.out_width = out[1];
    return p;
}

/// The convolution whose input gradient conv2d_transpose is: from its result to its images.
ConvolutionProblem transposed_problem_of(const Tensor& images, const Tensor& kernel, const Conv2dTransposeOptions& options) {
    constexpr const char* op = "conv2d_transpose";
    check_common(op, images, kernel, options.groups);
    check_number(op, "stride", options.stride, 1);
    check_number(op, "dilation", options.dilation, 1);
    check_number(op, "padding", options.padding, 0);
    check_number(op, "output_padding", options.output_padding, 0);
    const std::int64_t channels = images.shape()[1];
    if (channels % options.groups != 0)
        throw ValueError(fmt::format("{}: groups is {}, expected a divisor of the {} channels", op, options.groups, channels));
    if (kernel.rank() != 4 || kernel.shape()[0] != channels)
        throw ShapeError(fmt::format("{}: kernel has shape {}, expected [{}, *, *, *] for images {}", op, to_string(kernel.shape()),
                                     channels, to_string(images.shape())));
    ConvolutionProblem p{};
    p.batch = images.shape()[0];
    p.outputs = channels;
    p.out_height = images.shape()[2];
    p.out_width = images.shape()[3];
    p.channels = kernel.shape()[1] * options.groups;
    p.kernel_height = kernel.shape()[2];
    p.kernel_width = kernel.shape()[3];
    p.groups = options.groups;
    p.stride = {options.stride.height, options.stride.width};
    p.dilation = {options.dilation.height, options.dilation.width};
    p.pad_before = {options.padding.height, options.padding.width};
    const std::array<std::int64_t, 2> from{p.out_height, p.out_width}, side{p.kernel_height, p.kernel_width};
    const std::array<int, 2> extra{options.output_padding.height, options.output_padding.width};
    std::array<std::int64_t, 2> length{};
    for (std::size_t i : {0u, 1u}) {
        if (extra[i] >= p.stride[i])
            throw ValueError(fmt::format("{}: output_padding is {}, expected less than stride {}", op, extra[i], p.stride[i]));
        length[i] = (from[i] - 1) * p.stride[i] - 2 * p.pad_before[i] + p.dilation[i] * (side[i] - 1) + 1 + extra[i];
        p.pad_after[i] = p.pad_before[i];
        if (side[i] < 1 || from[i] < 1 || length[i] < 1)
            throw ShapeError(fmt::format("{}: images {} and kernel {} give {} {}, expected at least 1", op, to_string(images.shape()),
                                         to_string(kernel.shape()), length[i], i == 0 ? "rows" : "columns"));
    }
    p.height = length[0];
    p.width = length[1];
    return p;
}

}  // namespace

Tensor conv2d(const Tensor& images, const Tensor& kernel, const Conv2dOptions& options) {
    return part_of(Part::out, problem_of(images, kernel, options), images, kernel);
}

Tensor conv2d_transpose(const Tensor& images, const Tensor& kernel, const Conv2dTransposeOptions& options) {
    return part_of(Part::images, transposed_problem_of(images, kernel, options), images, kernel);
}

}  // namespace cotangent
