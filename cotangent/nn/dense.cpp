#include "cotangent/nn/dense.hpp"

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/nn/initializers.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Dense Dense::init(Rng& rng, const DenseOptions& options) {
    check_sizes("dense", {{"inputs", options.inputs}, {"outputs", options.outputs}});
    return {glorot_uniform(rng, {options.inputs, options.outputs}), options.bias ? zeros({options.outputs}) : Tensor()};
}

Tensor Dense::operator()(const Tensor& x) const {
    if (x.rank() == 0 || x.shape().back() != weight.shape()[0])
        throw ShapeError(fmt::format("dense: x has shape {}, expected [..., {}] for weight {}", to_string(x.shape()),
                                     weight.shape()[0], to_string(weight.shape())));
    // One product for all leading axes, not one a batch.
    const Tensor rows = x.rank() > 2 ? reshape(x, {-1, x.shape().back()}) : x;
    const Tensor product = matmul(rows, weight);
    const Tensor y = bias.is_empty() ? product : product + bias;
    if (x.rank() <= 2) return y;
    Shape shape = x.shape();
    shape[shape.rank() - 1] = weight.shape()[1];
    return reshape(y, shape);
}

}  // namespace cotangent::nn
