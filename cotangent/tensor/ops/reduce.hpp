#pragma once
// Reductions over any axes. Sums of float32 are accumulated so that the error stays within
// 8 eps(dtype) * sum|x|; the order of additions depends on the shape alone, never on the number of threads.
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Which axes a reduction removes.
struct ReduceOptions {
    std::vector<int> axes = {};  ///< negative counts from the last; none means all
    bool keep_axes = false;      ///< leave each as length 1
};

/// The sum over the axes. Integers and bool sum to int64.
[[nodiscard]] Tensor sum(const Tensor& x, const ReduceOptions& options = {});

}  // namespace cotangent
