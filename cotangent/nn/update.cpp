#include "cotangent/nn/update.hpp"

#include <fmt/format.h>

namespace cotangent::nn::detail {

void check_update(const Tensor& parameter, std::span<const Tensor* const> others) {
    if (parameter.dtype() == Dtype::bfloat16)
        throw DtypeError("optimizer: a parameter is bfloat16, expected float32 or float64; train in float32 and cast");
    for (const Tensor* other : others) {
        if (other->shape() != parameter.shape())
            throw ShapeError(fmt::format("optimizer: gradient or state has shape {}, expected {} as the parameter",
                                         to_string(other->shape()), to_string(parameter.shape())));
        if (other->dtype() != parameter.dtype())
            throw DtypeError(fmt::format("optimizer: gradient or state is {}, expected {} as the parameter",
                                         name(other->dtype()), name(parameter.dtype())));
    }
}

}  // namespace cotangent::nn::detail
