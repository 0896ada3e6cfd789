#include "cotangent/nn/models/mlp.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Mlp Mlp::init(Rng& rng, const std::vector<std::int64_t>& widths) {
    if (widths.size() < 2) throw ValueError(fmt::format("mlp: got {} widths, expected inputs and outputs at least", widths.size()));
    Mlp net;
    for (std::size_t k = 1; k < widths.size(); ++k)
        net.layers.push_back(Dense::init(rng, {.inputs = widths[k - 1], .outputs = widths[k]}));
    return net;
}

Tensor Mlp::operator()(const Tensor& x) const {
    Tensor h = flatten(x);
    for (std::size_t k = 0; k + 1 < layers.size(); ++k) h = relu(layers[k](h));
    return layers.back()(h);
}

}  // namespace cotangent::nn
