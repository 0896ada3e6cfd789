#include "cotangent/nn/initializers.hpp"

#include <cmath>

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Fans fans_of(const Shape& shape) {
    const auto length = [&](int axis) { return static_cast<double>(shape[axis]); };
    if (shape.rank() == 2) return {length(0), length(1)};
    if (shape.rank() == 4) return {length(1) * length(2) * length(3), length(0) * length(2) * length(3)};
    throw ShapeError(fmt::format("fans_of: shape is {}, expected [in, out] or [out, in, kh, kw]", to_string(shape)));
}

Tensor glorot_uniform(Rng& rng, const Shape& shape) {
    const Fans fans = fans_of(shape);
    const double limit = std::sqrt(6 / (fans.in + fans.out));
    return uniform(rng, shape, -limit, limit);
}

Tensor he_normal(Rng& rng, const Shape& shape) { return normal(rng, shape) * std::sqrt(2 / fans_of(shape).in); }

Tensor lecun_normal(Rng& rng, const Shape& shape) { return normal(rng, shape) * std::sqrt(1 / fans_of(shape).in); }

Tensor truncated_normal_init(Rng& rng, const Shape& shape, double deviation) {
    return truncated_normal(rng, shape) * deviation;
}

}  // namespace cotangent::nn
