#pragma once
#include <vector>

#include "cotangent/nn/attention.hpp"
#include "cotangent/nn/embedding.hpp"
#include "cotangent/nn/layer_norm.hpp"

namespace cotangent::nn {

struct GptOptions {
    std::int64_t vocabulary = 256;
    std::int64_t context = 64;  ///< the longest text, in tokens
    std::int64_t width = 128;
    int layers = 4;
    int heads = 4;
};

/// A causal transformer: what comes next, after each token.
/// @source Radford et al. 2019, "Language models are unsupervised multitask learners"
struct Gpt {
    struct Block {
        LayerNorm norm1;
        MultiHeadAttention attention;
        LayerNorm norm2;
        Dense expand, shrink;  ///< width -> 4 width -> width
    };

    Embedding tokens, positions;
    std::vector<Block> blocks;
    LayerNorm norm;
    Dense head;  ///< without bias

    [[nodiscard]] static Gpt init(Rng& rng, const GptOptions& options = {});
    /// @param text  [N, T] int32 or int64, T <= context
    /// @return      [N, T, vocabulary] logits
    [[nodiscard]] Tensor operator()(const Tensor& text) const;
};

}  // namespace cotangent::nn
