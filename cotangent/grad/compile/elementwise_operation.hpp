#pragma once
#include "cotangent/tensor/kernels/elementwise.hpp"

namespace cotangent::detail {

/// F, a function of n numbers without a state, as an operation of float32 or float64.
template <class F, std::size_t n>
Operation elementwise_operation(const char* name, Dtype dtype) {
    return dtype == Dtype::float32 ? lanes_operation<float, n>(name, F{}) : lanes_operation<double, n>(name, F{});
}

struct Product {
    static constexpr Arithmetic arithmetic = Arithmetic::multiply;
    template <class V>
    V operator()(V a, V b) const {
        return a * b;
    }
};

}  // namespace cotangent::detail
