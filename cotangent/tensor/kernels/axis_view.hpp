#pragma once
// A tensor seen from one of its axes: [outer, length, inner].
#include "cotangent/tensor/shape.hpp"

namespace cotangent::detail {

struct AxisView {
    int axis = 0;
    std::int64_t outer = 1, length = 1, inner = 1;

    /// @throws ShapeError  the axis is outside the rank; the message starts with `op`
    AxisView(const char* op, const Shape& shape, int which) : axis(axis_of(op, which, shape.rank())), length(shape[axis]) {
        for (int k = 0; k < axis; ++k) outer *= shape[k];
        for (int k = axis + 1; k < shape.rank(); ++k) inner *= shape[k];
    }
};

}  // namespace cotangent::detail
