#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x: elementwise, any floating dtype.
[[nodiscard]] Tensor erf(const Tensor& x);

}  // namespace cotangent
