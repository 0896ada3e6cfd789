#pragma once
// sqrt, rsqrt, square, power: elementwise, broadcasting as NumPy. Floating dtypes; square takes integers too.
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// The derivative at 0 is +infinity.
[[nodiscard]] Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
[[nodiscard]] Tensor rsqrt(const Tensor& x);
[[nodiscard]] Tensor square(const Tensor& x);
/// base ** exponent; NaN where the base is negative and the exponent no integer. Derivatives: where the exponent is 0
/// the one of the base is 0; where the base is not positive the one of the exponent is 0.
[[nodiscard]] Tensor power(const Tensor& base, const Tensor& exponent);
[[nodiscard]] Tensor power(const Tensor& base, double exponent);
[[nodiscard]] Tensor power(double base, const Tensor& exponent);
/// power() by its name in C++, for lambdas that numbers run too.
[[nodiscard]] Tensor pow(const Tensor& base, const Tensor& exponent);
[[nodiscard]] Tensor pow(const Tensor& base, double exponent);
[[nodiscard]] Tensor pow(double base, const Tensor& exponent);

}  // namespace cotangent
