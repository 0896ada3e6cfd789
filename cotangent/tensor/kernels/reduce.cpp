#include "cotangent/tensor/kernels/reduce.hpp"

namespace cotangent::detail {

AxisGroups::AxisGroups(const Shape& shape, const ReducedAxes& reduced) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == 1) continue;
        if (count > 0 && group[count - 1].reduced == reduced[axis]) group[count - 1].length *= shape[axis];
        else group[count++] = {shape[axis], reduced[axis]};
    }
}

}  // namespace cotangent::detail
