#include "cotangent/tensor/kernels/image_blocks.hpp"

#include <algorithm>

#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {

using dnnl::memory;

memory::desc images_desc(const memory::dims& dims, memory::data_type type, std::int64_t block) {
    using Tag = memory::format_tag;
    return {dims, type, block == 1 ? Tag::nchw : block == dims[1] ? Tag::nhwc : block == 8 ? Tag::nChw8c : Tag::nChw16c};
}

bool lies_in_blocks(const memory::desc& desc, std::int64_t block) {
    const auto is = [&](memory::format_tag tag) { return desc == memory::desc(desc.dims(), desc.data_type(), tag); };
    if (block == 1) return is(memory::format_tag::nchw);
    return (block == desc.dims()[1] && is(memory::format_tag::nhwc)) || (block == 8 && is(memory::format_tag::nChw8c)) ||
           (block == 16 && is(memory::format_tag::nChw16c));
}

void change_blocks(Dtype dtype, const Shape& shape, std::int64_t from_block, std::int64_t to_block, const void* from,
                   void* to) {
    const std::int64_t image = shape[1] * shape[2] * shape[3] * static_cast<std::int64_t>(size_of(dtype));
    constexpr std::int64_t piece_bytes = 256 * 1024;
    parallel_for(
        shape[0], std::max<std::int64_t>(1, piece_bytes / std::max<std::int64_t>(image, 1)),
        [&](std::int64_t first, std::int64_t last) {
            const OneThread one_thread;
            thread_local PreparedCache<Primitive> cache;
            Primitive& reorder =
                cache.find(Problem(dtype, last - first, shape[1], shape[2], shape[3], from_block, to_block), [&] {
                    const memory::dims dims{last - first, shape[1], shape[2], shape[3]};
                    const auto source = images_desc(dims, onednn_type(dtype), from_block),
                               target = images_desc(dims, onednn_type(dtype), to_block);
                    Primitive made{dnnl::reorder(dnnl::reorder::primitive_desc(engine(), source, engine(), target))};
                    return made.argument(DNNL_ARG_FROM, source).argument(DNNL_ARG_TO, target);
                });
            reorder.point(DNNL_ARG_FROM, static_cast<const std::byte*>(from) + first * image)
                .point(DNNL_ARG_TO, static_cast<std::byte*>(to) + first * image)
                .run();
        });
}

}  // namespace cotangent::detail
