#include "cotangent/nn/models/lenet5.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

LeNet5 LeNet5::init(Rng& rng, const LeNet5Options& options) {
    if (options.side < 16 || options.side % 4 != 0)
        throw ValueError(fmt::format("lenet5: side is {}, expected a multiple of 4, at least 16", options.side));
    const std::int64_t left = (options.side / 2 - 4) / 2;  // after both convolutions and pools
    return {Conv2d::init(rng, {.inputs = options.channels, .outputs = 6, .kernel = 5, .padding = 2}),
            Conv2d::init(rng, {.inputs = 6, .outputs = 16, .kernel = 5}),
            Dense::init(rng, {.inputs = 16 * left * left, .outputs = 120}),
            Dense::init(rng, {.inputs = 120, .outputs = 84}),
            Dense::init(rng, {.inputs = 84, .outputs = options.classes})};
}

Tensor LeNet5::operator()(const Tensor& images) const {
    Tensor h = max_pool2d(relu(conv1(images)), {.kernel = 2});
    h = max_pool2d(relu(conv2(h)), {.kernel = 2});
    h = flatten(h);
    return head(relu(dense2(relu(dense1(h)))));
}

}  // namespace cotangent::nn
