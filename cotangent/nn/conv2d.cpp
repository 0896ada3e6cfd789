#include "cotangent/nn/conv2d.hpp"

#include "cotangent/nn/initializers.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::nn {

Conv2d Conv2d::init(Rng& rng, const Conv2dLayerOptions& options) {
    const Shape shape{options.outputs, options.inputs / options.groups, options.kernel, options.kernel};
    return {he_normal(rng, shape), options.bias ? zeros({options.outputs}) : Tensor(), options.stride, options.padding,
            options.groups};
}

Tensor Conv2d::operator()(const Tensor& images) const {
    const Tensor y = conv2d(images, kernel, {.stride = stride, .padding = padding, .groups = groups});
    return bias.is_empty() ? y : y + reshape(bias, {-1, 1, 1});
}

}  // namespace cotangent::nn
