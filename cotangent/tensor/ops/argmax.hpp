#pragma once
// Where the largest and the smallest elements are.
#include <optional>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct ArgmaxOptions {
    std::optional<int> axis = -1;  ///< negative counts from the last; std::nullopt: over all elements, in row-major order
    bool keep_axis = false;        ///< leave it, or all of them, as length 1
};

/// The index along an axis of the largest (smallest) element, int64; the first of ties, the first NaN if there is one.
/// Not differentiable.
/// @throws ShapeError  the axis is outside the rank    @throws ValueError  its length is 0, or x is empty where it is over
/// all
[[nodiscard]] Tensor argmax(const Tensor& x, const ArgmaxOptions& options = {});
[[nodiscard]] Tensor argmin(const Tensor& x, const ArgmaxOptions& options = {});

}  // namespace cotangent
