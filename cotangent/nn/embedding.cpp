#include "cotangent/nn/embedding.hpp"

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::nn {

Embedding Embedding::init(Rng& rng, const EmbeddingOptions& options) {
    check_sizes("embedding", {{"count", options.count}, {"width", options.width}});
    return {normal(rng, {options.count, options.width}) * 0.02};
}

Tensor Embedding::operator()(const Tensor& indices) const { return take(table, indices, 0); }

}  // namespace cotangent::nn
