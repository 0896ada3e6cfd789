#include "cotangent/tensor/ops/activation.hpp"

#include "cotangent/tensor/map.hpp"

namespace cotangent {

Tensor relu(const Tensor& x) {
    return map([](auto v) { return select(v > 0, v, 0.0); }, x);
}

Tensor gelu(const Tensor& x) {
    return map([](auto v) { return 0.5 * v * (1.0 + erf(v * 0.7071067811865476)); }, x);
}

Tensor silu(const Tensor& x) {
    return map([](auto v) { return v / (1.0 + exp(-v)); }, x);
}

}  // namespace cotangent
