#pragma once
// Running sums.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct CumsumOptions {
    int axis = 0;            ///< negative counts from the last
    bool reverse = false;    ///< from the end
    bool exclusive = false;  ///< without the element itself: starts with 0
};

/// The sums of all elements up to each along an axis. float32 and bfloat16 are accumulated in float64; integers and
/// bool sum to int64.
/// @throws ShapeError  the axis is outside the rank
[[nodiscard]] Tensor cumsum(const Tensor& x, const CumsumOptions& options = {});

}  // namespace cotangent
