#include "cotangent/nn/group_norm.hpp"

#include "cotangent/nn/detail/check_sizes.hpp"
#include "cotangent/nn/layer_norm.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Tensor group_norm(const Tensor& x, const Tensor& gain, const Tensor& bias, GroupNormOptions options) {
    if (x.rank() != 4 || options.groups < 1 || x.shape()[1] % options.groups != 0)
        throw ShapeError(fmt::format("group_norm: x has shape {}, expected [N, C, H, W] with C a multiple of {}",
                                     to_string(x.shape()), options.groups));
    if (gain.size() != x.shape()[1] || bias.size() != x.shape()[1])
        throw ShapeError(fmt::format("group_norm: gain and bias have shapes {} and {}, expected [{}] for x {}",
                                     to_string(gain.shape()), to_string(bias.shape()), x.shape()[1], to_string(x.shape())));
    const Tensor rows = reshape(x, {x.shape()[0] * options.groups, x.size() / std::max<std::int64_t>(1, x.shape()[0] * options.groups)});
    const Tensor normal = reshape(layer_norm(rows, {}, {}, {.epsilon = options.epsilon}), x.shape());
    return normal * reshape(gain, {-1, 1, 1}) + reshape(bias, {-1, 1, 1});
}

GroupNorm GroupNorm::init(std::int64_t channels, int groups) {
    check_sizes("group_norm", {{"channels", channels}, {"groups", groups}});
    if (channels % groups != 0)
        throw ValueError(fmt::format("group_norm: channels = {}, expected a multiple of groups = {}", channels, groups));
    return {ones({channels}), zeros({channels}), groups};
}

}  // namespace cotangent::nn
