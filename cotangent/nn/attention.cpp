#include "cotangent/nn/attention.hpp"

#include <cmath>
#include <limits>

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

/// [T, S]: 0 where query t may see key s, -infinity elsewhere.
Tensor causal_mask(std::int64_t queries, std::int64_t keys, Dtype dtype) {
    Tensor mask = zeros({queries, keys});
    for (std::int64_t t = 0; t < queries; ++t)
        for (std::int64_t s = t + 1; s < keys; ++s) mask.fresh_data<float>()[t * keys + s] = -std::numeric_limits<float>::infinity();
    return dtype == Dtype::float32 ? mask : cast(mask, dtype);
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, AttentionOptions options) {
    if (q.rank() < 2 || k.rank() != q.rank() || v.rank() != q.rank() || q.shape().back() != k.shape().back() ||
        k.shape()[k.rank() - 2] != v.shape()[v.rank() - 2])
        throw ShapeError(fmt::format("attention: q, k, v have shapes {}, {}, {}, expected [..., T, D], [..., S, D], [..., S, E]",
                                     to_string(q.shape()), to_string(k.shape()), to_string(v.shape())));
    const double scale = 1 / std::sqrt(static_cast<double>(q.shape().back()));
    Tensor scores = matmul(q * scale, k, {.transpose_b = true});
    if (options.causal) scores = scores + causal_mask(q.shape()[q.rank() - 2], k.shape()[k.rank() - 2], q.dtype());
    return matmul(softmax(scores), v);
}

MultiHeadAttention MultiHeadAttention::init(Rng& rng, const MultiHeadAttentionOptions& options) {
    check_sizes("attention", {{"width", options.width}, {"heads", options.heads}});
    if (options.width % options.heads != 0)
        throw ValueError(fmt::format("attention: width is {}, expected a multiple of {} heads", options.width, options.heads));
    return {Dense::init(rng, {.inputs = options.width, .outputs = 3 * options.width}),
            Dense::init(rng, {.inputs = options.width, .outputs = options.width}), options.heads};
}

Tensor MultiHeadAttention::operator()(const Tensor& x, AttentionOptions options) const {
    if (x.rank() != 3) throw ShapeError(fmt::format("attention: x has shape {}, expected [N, T, width]", to_string(x.shape())));
    const std::int64_t n = x.shape()[0], t = x.shape()[1], width = x.shape()[2];
    const Tensor all = transpose(reshape(projection(x), {n, t, 3, heads, width / heads}), {2, 0, 3, 1, 4});  // [3, N, H, T, D]
    const auto part = [&](std::int64_t i) { return reshape(slice_axis(all, 0, i, i + 1), {n, heads, t, width / heads}); };
    const Tensor mixed = attention(part(0), part(1), part(2), options);
    return output(reshape(transpose(mixed, {0, 2, 1, 3}), {n, t, width}));
}

}  // namespace cotangent::nn
