#pragma once
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The same numbers in another dtype: floats are rounded to nearest, towards zero when they become integers, and to
/// bool by `!= 0`. Differentiable between floating dtypes.
[[nodiscard]] Tensor cast(const Tensor& x, Dtype dtype);

}  // namespace cotangent
