#pragma once
#include "cotangent/nn/conv2d.hpp"
#include "cotangent/nn/dense.hpp"
#include "cotangent/nn/pass.hpp"

namespace cotangent::nn {

struct LeNet5Options {
    std::int64_t channels = 1;  ///< of the pictures
    std::int64_t side = 28;     ///< of the pictures, in pixels; a multiple of 4, at least 16
    std::int64_t classes = 10;
};

/// conv 5x5 to 6 channels, pool, conv 5x5 to 16, pool, dense 120, 84, classes; ReLU and max pooling.
/// @source LeCun et al. 1998, "Gradient-based learning applied to document recognition", in today's form
struct LeNet5 {
    Conv2d conv1, conv2;
    Dense dense1, dense2, head;

    /// @throws ValueError  side is too small or not a multiple of 4
    [[nodiscard]] static LeNet5 init(Rng& rng, const LeNet5Options& options = {});
    /// @param images  [N, channels, side, side]
    /// @return        [N, classes]
    [[nodiscard]] Tensor operator()(const Tensor& images) const;
    [[nodiscard]] Tensor operator()(const Tensor& images, NoState&, Pass&) const { return (*this)(images); }
};

}  // namespace cotangent::nn
