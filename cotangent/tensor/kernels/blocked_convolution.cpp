// Convolutions by oneDNN. Its fast kernels want images in blocks of 16 channels; ours are row-major. So each piece of a
// batch is reordered into the thread's workspace, convolved and reordered back while it is still in the cache. Measured
// on Zen 4 (one core, float32, GFLOP/s forward / to images / to kernel, peak about 130):
//     16 x 32 x 32, 3 x 3 -> 16     plain layout 44/32/20     in blocks, reorders included  80/106/88
//     64 x 8 x 8, 3 x 3 -> 64       plain layout 73/65/74     in blocks, reorders included 134/134/117
#include <algorithm>

#include "cotangent/tensor/kernels/convolution.hpp"
#include "cotangent/tensor/kernels/image_blocks.hpp"
#include "cotangent/tensor/kernels/onednn.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

using dnnl::memory;
using Dims = memory::dims;

// Purposes of workspaces.
struct Images;
struct Kernel;
struct Outputs;

using Part = ConvolutionArgument;

/// Bytes of images and outputs that a piece works on: half of a core's second-level cache.
constexpr std::int64_t piece_bytes = 512 * 1024;
constexpr double piece_flops = 2e6;

/// One oneDNN convolution for a number of images, ready to run on the thread that prepared it.
struct Prepared {
    Primitive main, to_images, to_kernel, to_out;         // the last three: between what is given and what `main` wants
    memory::desc images, kernel, out;                     // as `main` wants them
    bool moves_images = false, moves_kernel = false, moves_out = false;
};

memory::desc given_images(const ConvolutionProblem& p, memory::data_type type) {
    return images_desc({p.batch, p.channels, p.height, p.width}, type, p.image_block);
}
memory::desc given_out(const ConvolutionProblem& p, memory::data_type type) {
    return images_desc({p.batch, p.outputs, p.out_height, p.out_width}, type, p.out_block);
}
Dims kernel_dims(const ConvolutionProblem& p) {
    if (p.groups == 1) return {p.outputs, p.channels, p.kernel_height, p.kernel_width};
    return {p.groups, p.outputs / p.groups, p.channels / p.groups, p.kernel_height, p.kernel_width};
}
memory::desc plain_kernel(const ConvolutionProblem& p, memory::data_type type) {
    return {kernel_dims(p), type, p.groups == 1 ? memory::format_tag::oihw : memory::format_tag::goihw};
}

Primitive reorder(const memory::desc& from, const memory::desc& to) {
    const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to);
    Primitive made{dnnl::reorder(desc)};
    return made.argument(DNNL_ARG_FROM, from).argument(DNNL_ARG_TO, to);
}

/// `result` is the part that the convolution computes.
Prepared prepare(Dtype dtype, const ConvolutionProblem& p, Part result) {
    const auto type = onednn_type(dtype);
    // Sums over pieces of a batch stay in float32.
    const auto kernel_type = result == Part::kernel ? memory::data_type::f32 : type;
    const auto any = memory::format_tag::any;
    const memory::desc images({p.batch, p.channels, p.height, p.width}, type, any);
    const memory::desc out({p.batch, p.outputs, p.out_height, p.out_width}, type, any);
    const memory::desc kernel(kernel_dims(p), kernel_type, any), forward_kernel(kernel_dims(p), type, any);
    const Dims stride{p.stride[0], p.stride[1]}, dilation{p.dilation[0] - 1, p.dilation[1] - 1};
    const Dims before{p.pad_before[0], p.pad_before[1]}, after{p.pad_after[0], p.pad_after[1]};
    const auto algorithm = dnnl::algorithm::convolution_direct;
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, algorithm, images, forward_kernel, out, stride, dilation, before, after}, attributes, engine());
    Prepared made;
    const auto finish = [&](dnnl::primitive primitive, const memory::desc& scratch, const memory::desc& x, int x_name,
                            const memory::desc& w, int w_name, const memory::desc& y, int y_name) {
        made.images = x;
        made.kernel = w;
        made.out = y;
        made.main = Primitive(std::move(primitive));
        made.main.argument(x_name, x).argument(w_name, w).argument(y_name, y).argument(DNNL_ARG_SCRATCHPAD, scratch);
        const auto given_x = given_images(p, type), given_w = plain_kernel(p, type), given_y = given_out(p, type);
        const auto move = [&](Part part, const memory::desc& given, std::int64_t block, const memory::desc& wanted, Primitive& to,
                              bool& moves) {
            moves = given != wanted && !(part != Part::kernel && lies_in_blocks(wanted, block));
            if (moves) to = part == result ? reorder(wanted, given) : reorder(given, wanted);
        };
        move(Part::images, given_x, p.image_block, x, made.to_images, made.moves_images);
        move(Part::kernel, given_w, 1, w, made.to_kernel, made.moves_kernel);
        move(Part::out, given_y, p.out_block, y, made.to_out, made.moves_out);
    };
    if (result == Part::out) {
        finish(dnnl::convolution_forward(forward), forward.scratchpad_desc(), forward.src_desc(), DNNL_ARG_SRC,
               forward.weights_desc(), DNNL_ARG_WEIGHTS, forward.dst_desc(), DNNL_ARG_DST);
    } else if (result == Part::images) {
        const dnnl::convolution_backward_data::primitive_desc backward(
            {algorithm, images, kernel, out, stride, dilation, before, after}, attributes, engine(), forward);
        finish(dnnl::convolution_backward_data(backward), backward.scratchpad_desc(), backward.diff_src_desc(), DNNL_ARG_DIFF_SRC,
               backward.weights_desc(), DNNL_ARG_WEIGHTS, backward.diff_dst_desc(), DNNL_ARG_DIFF_DST);
    } else {
        const dnnl::convolution_backward_weights::primitive_desc backward(
            {algorithm, images, kernel, out, stride, dilation, before, after}, attributes, engine(), forward);
        finish(dnnl::convolution_backward_weights(backward), backward.scratchpad_desc(), backward.src_desc(), DNNL_ARG_SRC,
               backward.diff_weights_desc(), DNNL_ARG_DIFF_WEIGHTS, backward.diff_dst_desc(), DNNL_ARG_DIFF_DST);
    }
    return made;
}

/// This thread's preparation for `batch` images of the problem.
Prepared& prepared(Dtype dtype, ConvolutionProblem p, std::int64_t batch, Part result) {
    thread_local PreparedCache<Prepared> cache;
    p.batch = batch;
    return cache.find(Problem(dtype, result, p.batch, p.channels, p.height, p.width, p.outputs, p.kernel_height, p.kernel_width, p.groups,
                              p.stride[0], p.stride[1], p.dilation[0], p.dilation[1], p.pad_before[0], p.pad_before[1],
                              p.pad_after[0], p.pad_after[1], p.image_block * 65536 + p.out_block),
                      [&] { return prepare(dtype, p, result); });
}

/// As the primitive wants it, or the data itself where the layouts agree.
const void* moved(bool moves, Primitive& reorder, const memory::desc& desc, Workspace& workspace, const void* from) {
    if (!moves) return from;
    void* to = workspace.reserve(desc.get_size());
    reorder.point(DNNL_ARG_FROM, from).point(DNNL_ARG_TO, to).run();
    return to;
}

std::int64_t images_per_piece(Dtype dtype, const ConvolutionProblem& p) {
    const auto bytes = (p.image_size() + p.out_size()) * static_cast<std::int64_t>(size_of(dtype));
    const auto enough = static_cast<std::int64_t>(piece_flops / std::max(1.0, p.flops_per_image())) + 1;
    return std::min(p.batch, std::max(piece_bytes / std::max<std::int64_t>(bytes, 1), std::min<std::int64_t>(enough, 64)));
}

/// Forward and to-images alike: `from` -> `to` by pieces, the kernel in blocks once for all.
void by_pieces(Dtype dtype, const ConvolutionProblem& p, Part result, const void* from, const void* kernel, void* to) {
    const bool forward = result == Part::out;
    const auto size = static_cast<std::int64_t>(size_of(dtype));
    const std::int64_t from_size = (forward ? p.image_size() : p.out_size()) * size, to_size = (forward ? p.out_size() : p.image_size()) * size;
    const std::int64_t grain = std::max<std::int64_t>(1, images_per_piece(dtype, p));
    const OneThread one_thread;
    Prepared& shared = prepared(dtype, p, std::min(grain, p.batch), result);
    const memory::desc shared_desc = shared.kernel;
    Storage blocks;
    const void* shared_kernel = kernel;
    if (shared.moves_kernel) {
        blocks = Storage(shared_desc.get_size());
        shared.to_kernel.point(DNNL_ARG_FROM, kernel).point(DNNL_ARG_TO, blocks.data()).run();
        shared_kernel = blocks.data();
    }
    parallel_for(p.batch, grain, [&](std::int64_t first, std::int64_t last) {
        const OneThread one_thread_here;
        Prepared& mine = prepared(dtype, p, last - first, result);
        const void* my_kernel = mine.kernel == shared_desc
                                    ? shared_kernel
                                    : moved(mine.moves_kernel, mine.to_kernel, mine.kernel, workspace<Kernel>(), kernel);
        const auto* source = static_cast<const std::byte*>(from) + first * from_size;
        auto* target = static_cast<std::byte*>(to) + first * to_size;
        Primitive& to_target = forward ? mine.to_out : mine.to_images;
        const bool moves_target = forward ? mine.moves_out : mine.moves_images;
        const memory::desc& target_desc = forward ? mine.out : mine.images;
        void* computed = moves_target ? (forward ? workspace<Outputs>() : workspace<Images>()).reserve(target_desc.get_size()) : target;
        if (forward)
            mine.main.point(DNNL_ARG_SRC, moved(mine.moves_images, mine.to_images, mine.images, workspace<Images>(), source))
                .point(DNNL_ARG_WEIGHTS, my_kernel)
                .point(DNNL_ARG_DST, computed)
                .run();
        else
            mine.main.point(DNNL_ARG_DIFF_DST, moved(mine.moves_out, mine.to_out, mine.out, workspace<Outputs>(), source))
                .point(DNNL_ARG_WEIGHTS, my_kernel)
                .point(DNNL_ARG_DIFF_SRC, computed)
                .run();
        if (moves_target) to_target.point(DNNL_ARG_FROM, computed).point(DNNL_ARG_TO, target).run();
    });
}

}  // namespace

ConvolutionBlocks blocked_convolution_blocks(Dtype dtype, const ConvolutionProblem& p, Part result) {
    const Prepared& ready = prepared(dtype, p, images_per_piece(dtype, p), result);
    const auto block_of = [](const memory::desc& wanted) {
        const std::int64_t channels = wanted.dims()[1];
        for (const std::int64_t block : {std::int64_t{8}, std::int64_t{16}, channels})
            if (channels % block == 0 && lies_in_blocks(wanted, block)) return block;
        return std::int64_t{1};
    };
    return {block_of(ready.images), block_of(ready.out)};
}

void blocked_convolution(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* kernel, void* out) {
    by_pieces(dtype, p, Part::out, images, kernel, out);
}

void blocked_convolution_to_images(Dtype dtype, const ConvolutionProblem& p, const void* out, const void* kernel, void* images) {
    by_pieces(dtype, p, Part::images, out, kernel, images);
}

void blocked_convolution_to_kernel(Dtype dtype, const ConvolutionProblem& p, const void* images, const void* out, void* kernel) {
    const auto size = static_cast<std::int64_t>(size_of(dtype));
    // At most 8 partial sums, added in the order of the batch.
    const double flops = p.flops_per_image() * static_cast<double>(p.batch);
    const auto wanted = static_cast<std::int64_t>(std::clamp(flops / piece_flops, 1.0, 8.0));
    const std::int64_t grain = (p.batch + wanted - 1) / wanted, pieces = (p.batch + grain - 1) / grain;
    const OneThread one_thread;
    const memory::desc desc = prepared(dtype, p, grain, Part::kernel).kernel;
    const auto bytes = static_cast<std::int64_t>(desc.get_size() + 63) / 64 * 64;
    const Storage partial(static_cast<std::size_t>(pieces * bytes));
    cotangent::parallel_pieces(pieces, [&](std::int64_t piece) {
        const OneThread one_thread_here;
        const std::int64_t first = piece * grain, count = std::min(grain, p.batch - first);
        Prepared& mine = prepared(dtype, p, count, Part::kernel);
        const auto* from_images = static_cast<const std::byte*>(images) + first * p.image_size() * size;
        const auto* from_out = static_cast<const std::byte*>(out) + first * p.out_size() * size;
        void* sum = partial.data() + piece * bytes;
        const bool same = mine.kernel == desc;
        void* computed = same ? sum : workspace<Kernel>().reserve(mine.kernel.get_size());
        mine.main.point(DNNL_ARG_SRC, moved(mine.moves_images, mine.to_images, mine.images, workspace<Images>(), from_images))
            .point(DNNL_ARG_DIFF_DST, moved(mine.moves_out, mine.to_out, mine.out, workspace<Outputs>(), from_out))
            .point(DNNL_ARG_DIFF_WEIGHTS, computed)
            .run();
        if (!same) reorder(mine.kernel, desc).point(DNNL_ARG_FROM, computed).point(DNNL_ARG_TO, sum).run();
    });
    auto* total = reinterpret_cast<float*>(partial.data());
    const std::size_t elements = desc.get_size() / sizeof(float);
    for (std::int64_t piece = 1; piece < pieces; ++piece) {
        const auto* other = reinterpret_cast<const float*>(partial.data() + piece * bytes);
        for (std::size_t i = 0; i < elements; ++i) total[i] += other[i];
    }
    Prepared& shared = prepared(dtype, p, grain, Part::kernel);
    if (shared.moves_kernel) shared.to_kernel.point(DNNL_ARG_FROM, total).point(DNNL_ARG_TO, kernel).run();
    else std::copy_n(reinterpret_cast<const std::byte*>(total), p.kernel_size() * size, static_cast<std::byte*>(kernel));
}

}  // namespace cotangent::detail
