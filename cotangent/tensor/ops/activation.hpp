#pragma once
// Activations, each a scalar lambda of one line. Floating dtypes.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// max(x, 0); the derivative at 0 is 0.
[[nodiscard]] Tensor relu(const Tensor& x);
/// x * Phi(x) with the normal distribution function Phi, by erf. @source Hendrycks, Gimpel 2016, arXiv:1606.08415
[[nodiscard]] Tensor gelu(const Tensor& x);
/// x * sigmoid(x). @source Elfwing, Uchibe, Doya 2017, arXiv:1702.03118
[[nodiscard]] Tensor silu(const Tensor& x);

}  // namespace cotangent
