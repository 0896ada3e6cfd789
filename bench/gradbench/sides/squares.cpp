#include "cotangent/tensor/map.hpp"

#include "tensors.hpp"

namespace cotangent::gradbench {

Tensor squares(const Tensor& x) {
    return map([](auto v) { return v * v; }, x);
}

}  // namespace cotangent::gradbench
