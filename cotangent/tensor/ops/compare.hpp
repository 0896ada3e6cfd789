#pragma once
// Comparisons: elementwise, broadcasting as NumPy, any one dtype; the result is bool and has no derivative. A C++ number
// is compared exactly: `int_tensor < 0.5` means what it says. There is no `==` of tensors: write equal().
#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

[[nodiscard]] Tensor equal(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor equal(const Tensor& a, double b);
[[nodiscard]] Tensor not_equal(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor not_equal(const Tensor& a, double b);
[[nodiscard]] Tensor less(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor less(const Tensor& a, double b);
[[nodiscard]] Tensor less_equal(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor less_equal(const Tensor& a, double b);
[[nodiscard]] Tensor greater(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor greater(const Tensor& a, double b);
[[nodiscard]] Tensor greater_equal(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor greater_equal(const Tensor& a, double b);

[[nodiscard]] inline Tensor operator<(const Tensor& a, const Tensor& b) { return less(a, b); }
[[nodiscard]] inline Tensor operator<(const Tensor& a, double b) { return less(a, b); }
[[nodiscard]] inline Tensor operator<(double a, const Tensor& b) { return greater(b, a); }
[[nodiscard]] inline Tensor operator<=(const Tensor& a, const Tensor& b) { return less_equal(a, b); }
[[nodiscard]] inline Tensor operator<=(const Tensor& a, double b) { return less_equal(a, b); }
[[nodiscard]] inline Tensor operator<=(double a, const Tensor& b) { return greater_equal(b, a); }
[[nodiscard]] inline Tensor operator>(const Tensor& a, const Tensor& b) { return greater(a, b); }
[[nodiscard]] inline Tensor operator>(const Tensor& a, double b) { return greater(a, b); }
[[nodiscard]] inline Tensor operator>(double a, const Tensor& b) { return less(b, a); }
[[nodiscard]] inline Tensor operator>=(const Tensor& a, const Tensor& b) { return greater_equal(a, b); }
[[nodiscard]] inline Tensor operator>=(const Tensor& a, double b) { return greater_equal(a, b); }
[[nodiscard]] inline Tensor operator>=(double a, const Tensor& b) { return less_equal(b, a); }

}  // namespace cotangent
