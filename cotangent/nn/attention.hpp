#pragma once
#include "cotangent/nn/dense.hpp"

namespace cotangent::nn {

struct AttentionOptions {
    bool causal = false;  ///< position t sees positions up to t only
};

/// softmax(q k^T / sqrt(D)) v, per batch and head.
/// @param q  [..., T, D]    @param k  [..., S, D]    @param v  [..., S, E]
/// @return   [..., T, E]
/// @source Vaswani et al. 2017, arXiv:1706.03762, eq. 1
[[nodiscard]] Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, AttentionOptions options = {});

struct MultiHeadAttentionOptions {
    std::int64_t width = 0;
    int heads = 1;
};

/// Self-attention with several heads: projects to queries, keys and values, attends per head, projects back.
struct MultiHeadAttention {
    Dense projection;  ///< width -> 3 width: queries, keys, values; in each, head by head
    Dense output;      ///< width -> width
    int heads = 1;

    /// @throws ValueError  width is not a multiple of heads, or a size is below 1
    [[nodiscard]] static MultiHeadAttention init(Rng& rng, const MultiHeadAttentionOptions& options);
    /// @param x  [N, T, width]
    [[nodiscard]] Tensor operator()(const Tensor& x, AttentionOptions options = {}) const;
};

}  // namespace cotangent::nn
