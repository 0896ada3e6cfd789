#pragma once
#include "cotangent/nn/pass.hpp"

namespace cotangent::nn {

/// In training, sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate); else x itself.
/// @throws ValueError  rate outside [0, 1)
/// @source  Srivastava et al. 2014
[[nodiscard]] Tensor dropout(const Tensor& x, double rate, Pass& pass);

}  // namespace cotangent::nn
