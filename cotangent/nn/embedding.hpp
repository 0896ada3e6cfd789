#pragma once
#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

struct EmbeddingOptions {
    std::int64_t count = 0;  ///< of different indices
    std::int64_t width = 0;  ///< of a vector
};

/// A vector for each index.
struct Embedding {
    Tensor table;  ///< [count, width]

    /// Normal with deviation 0.02. @throws ValueError  a size is below 1
    [[nodiscard]] static Embedding init(Rng& rng, const EmbeddingOptions& options);
    /// @param indices  [...] int32 or int64, below count; negative counts from the end, as in take()
    /// @return         [..., width]
    [[nodiscard]] Tensor operator()(const Tensor& indices) const;
};

}  // namespace cotangent::nn
