#include "cotangent/nn/conv2d.hpp"

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/nn/initializers.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Conv2d Conv2d::init(Rng& rng, const Conv2dLayerOptions& options) {
    check_sizes("conv2d", {{"inputs", options.inputs},
                           {"outputs", options.outputs},
                           {"kernel", options.kernel},
                           {"stride", options.stride},
                           {"groups", options.groups}});
    if (options.inputs % options.groups != 0 || options.outputs % options.groups != 0)
        throw ValueError(fmt::format("conv2d: inputs = {} and outputs = {}, expected multiples of groups = {}",
                                     options.inputs, options.outputs, options.groups));
    const Shape shape{options.outputs, options.inputs / options.groups, options.kernel, options.kernel};
    return {he_normal(rng, shape), options.bias ? zeros({options.outputs}) : Tensor(), options.stride, options.padding,
            options.groups};
}

Tensor Conv2d::operator()(const Tensor& images) const {
    const Tensor y = conv2d(images, kernel, {.stride = stride, .padding = padding, .groups = groups});
    return bias.is_empty() ? y : y + reshape(bias, {-1, 1, 1});
}

}  // namespace cotangent::nn
