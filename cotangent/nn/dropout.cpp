#include "cotangent/nn/dropout.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Tensor dropout(const Tensor& x, double rate, Pass& pass) {
    if (!(rate >= 0 && rate < 1)) throw ValueError(fmt::format("dropout: rate is {}, expected 0 <= rate < 1", rate));
    if (!pass.training || rate == 0) return x;
    const Tensor kept = cast(bernoulli(pass.rng, x.shape(), 1 - rate), x.dtype());
    return x * (kept / (1 - rate));
}

}  // namespace cotangent::nn
