#pragma once
#include <memory>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {

/// F, a function of n numbers without a state, as an operation of float32 or float64.
template <class F, std::size_t n>
Operation elementwise_operation(const char* name, Dtype dtype) {
    Operation operation;
    operation.kind = Operation::Kind::elementwise;
    operation.name = name;
    operation.kernel = dtype == Dtype::float32 ? lanes_kernel<float, n, F> : lanes_kernel<double, n, F>;
    operation.padded = dtype == Dtype::float32 ? padded_lanes_kernel<float, n, F> : padded_lanes_kernel<double, n, F>;
    operation.function = std::make_shared<F>();
    identify(operation, F{});
    return operation;
}

}  // namespace cotangent::detail
