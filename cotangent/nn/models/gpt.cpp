#include "cotangent/nn/models/gpt.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Gpt Gpt::init(Rng& rng, const GptOptions& options) {
    Gpt net;
    net.tokens = Embedding::init(rng, {options.vocabulary, options.width});
    net.positions = Embedding::init(rng, {options.context, options.width});
    for (int k = 0; k < options.layers; ++k)
        net.blocks.push_back({LayerNorm::init(options.width), MultiHeadAttention::init(rng, {options.width, options.heads}),
                              LayerNorm::init(options.width),
                              Dense::init(rng, {.inputs = options.width, .outputs = 4 * options.width}),
                              Dense::init(rng, {.inputs = 4 * options.width, .outputs = options.width})});
    net.norm = LayerNorm::init(options.width);
    net.head = Dense::init(rng, {.inputs = options.width, .outputs = options.vocabulary, .bias = false});
    return net;
}

Tensor Gpt::operator()(const Tensor& text) const {
    if (text.rank() != 2 || text.length(1) > positions.table.length(0))
        throw ShapeError(fmt::format("gpt: text has shape {}, expected [N, T] with T at most {}", to_string(text.shape()),
                                     positions.table.length(0)));
    Tensor h = tokens(text) + slice_axis(positions.table, 0, 0, text.length(1));
    for (const Block& block : blocks) {
        h = h + block.attention(block.norm1(h), {.causal = true});
        h = h + block.shrink(gelu(block.expand(block.norm2(h))));
    }
    return head(norm(h));
}

}  // namespace cotangent::nn
