#pragma once
// Where the largest and the smallest elements are.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct ArgmaxOptions {
    int axis = -1;           ///< negative counts from the last
    bool keep_axis = false;  ///< leave it as length 1
};

/// The index along an axis of the largest (smallest) element, int64; the first of ties, the first NaN if there is one.
/// Not differentiable.
/// @throws ShapeError  the axis is outside the rank    @throws ValueError  its length is 0
[[nodiscard]] Tensor argmax(const Tensor& x, const ArgmaxOptions& options = {});
[[nodiscard]] Tensor argmin(const Tensor& x, const ArgmaxOptions& options = {});

}  // namespace cotangent
