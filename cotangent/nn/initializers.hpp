#pragma once
// Random initial weights. `fan_in` and `fan_out` are the numbers of inputs and outputs that one weight connects:
// [in, out] for dense weights, [out, in, kh, kw] for convolutions (times the kernel's area).
#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent::nn {

struct Fans {
    double in = 1, out = 1;
};
/// @throws ShapeError  rank is not 2 or 4
[[nodiscard]] Fans fans_of(const Shape& shape);

/// Uniform in +-sqrt(6 / (fan_in + fan_out)). @source Glorot, Bengio 2010
[[nodiscard]] Tensor glorot_uniform(Rng& rng, const Shape& shape);
/// Normal with variance 2 / fan_in, for ReLU networks. @source He et al. 2015, arXiv:1502.01852
[[nodiscard]] Tensor he_normal(Rng& rng, const Shape& shape);
/// Normal with variance 1 / fan_in. @source LeCun et al. 1998, "Efficient BackProp"
[[nodiscard]] Tensor lecun_normal(Rng& rng, const Shape& shape);
/// Normal with this standard deviation, cut off at two of them.
[[nodiscard]] Tensor truncated_normal_init(Rng& rng, const Shape& shape, double deviation = 0.02);

}  // namespace cotangent::nn
