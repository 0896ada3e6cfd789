#pragma once
#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

struct DenseOptions {
    std::int64_t inputs = 0, outputs = 0;
    bool bias = true;
};

/// y = x W + b over the last axis.
struct Dense {
    Tensor weight;  ///< [inputs, outputs]
    Tensor bias;    ///< [outputs], or empty

    /// Glorot-uniform weights, zero bias. @throws ValueError  a size is below 1
    [[nodiscard]] static Dense init(Rng& rng, const DenseOptions& options);
    /// @param x  [..., inputs]
    /// @return   [..., outputs]
    [[nodiscard]] Tensor operator()(const Tensor& x) const;
};

}  // namespace cotangent::nn
