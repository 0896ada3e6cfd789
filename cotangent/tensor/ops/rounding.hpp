#pragma once
// floor, sign, abs: elementwise, any numeric dtype.
#include "cotangent/tensor/numbers.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The largest integer that is not above x. Its derivative is 0 everywhere, also at the jumps.
[[nodiscard]] Tensor floor(const Tensor& x);
/// -1, 0 or 1; NaN for NaN. Its derivative is 0 everywhere, also at the jump.
[[nodiscard]] Tensor sign(const Tensor& x);
/// |x|. Its derivative is sign(x), so 0 at the kink.
[[nodiscard]] Tensor abs(const Tensor& x);

}  // namespace cotangent
