#pragma once
#include "cotangent/tensor/numbers.hpp"
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// a where the condition holds, b elsewhere; the three broadcast together as in NumPy. Derivatives follow the choice.
/// @param condition  bool
/// @param a, b       any one dtype; a C++ number takes the dtype of the tensor beside it
/// @throws DtypeError  the condition is not bool, or a and b differ in dtype
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, double b);
[[nodiscard]] Tensor where(const Tensor& condition, double a, const Tensor& b);

/// where() by the name that numbers and lanes know it, for lambdas that both run.
[[nodiscard]] inline Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b) {
    return where(condition, a, b);
}
[[nodiscard]] inline Tensor select(const Tensor& condition, const Tensor& a, double b) { return where(condition, a, b); }
[[nodiscard]] inline Tensor select(const Tensor& condition, double a, const Tensor& b) { return where(condition, a, b); }

}  // namespace cotangent
