#pragma once
// Elements in order along an axis. Sorting is stable; NaN comes last. The derivative follows the elements to their places.
#include <cstdint>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

struct SortOptions {
    int axis = -1;            ///< negative counts from the last
    bool descending = false;  ///< the largest first; equal elements keep their order
};

/// @throws ShapeError  the axis is outside the rank
[[nodiscard]] Tensor sort(const Tensor& x, const SortOptions& options = {});
/// Where each element of the sorted axis stands in x, int64.
[[nodiscard]] Tensor argsort(const Tensor& x, const SortOptions& options = {});

struct TopK {
    Tensor values;   ///< the largest first
    Tensor indices;  ///< where they stand along the axis, int64; of equal ones the first
};
/// The k largest elements along an axis. @throws ValueError  k is outside [0, length]
[[nodiscard]] TopK top_k(const Tensor& x, std::int64_t k, int axis = -1);

}  // namespace cotangent
