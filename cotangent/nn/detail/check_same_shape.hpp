#pragma once
#include "cotangent/tensor/tensor.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

/// @throws ShapeError  a loss got targets of another shape than its predictions
inline void check_same_shape(const char* op, const Tensor& predictions, const Tensor& targets) {
    if (predictions.shape() != targets.shape())
        throw ShapeError(fmt::format("{}: targets have shape {}, expected {} as the predictions", op, to_string(targets.shape()),
                                     to_string(predictions.shape())));
}

}  // namespace cotangent::nn
