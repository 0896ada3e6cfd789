#include "cotangent/tensor/ops/logical.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"

namespace cotangent {
namespace {

using Byte = std::uint8_t;

void check_bool(const char* op, const Tensor& x) {
    if (x.dtype() != Dtype::boolean) detail::throw_dtype(op, x.dtype(), "bool");
}

template <class F>
Tensor combine(const char* op, const F& f, const Tensor& a, const Tensor& b) {
    check_bool(op, a);
    check_bool(op, b);
    const Shape shape = broadcast(op, a.shape(), b.shape());
    // As bytes, 0 or 1: GCC 12 does not vectorise loops over bool.
    return detail::elementwise_mixed<Byte, Byte, Byte>(
        op, [f](Byte x, Byte y) { return static_cast<Byte>(f(x, y)); }, shape, Dtype::boolean, a, b);
}

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) {
    return combine("logical_and", [](Byte x, Byte y) { return x & y; }, a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
    return combine("logical_or", [](Byte x, Byte y) { return x | y; }, a, b);
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
    return combine("logical_xor", [](Byte x, Byte y) { return x ^ y; }, a, b);
}

Tensor logical_not(const Tensor& x) {
    check_bool("logical_not", x);
    return detail::elementwise_mixed<Byte, Byte>(
        "logical_not", [](Byte v) { return static_cast<Byte>(v ^ 1); }, x.shape(), Dtype::boolean, x);
}

}  // namespace cotangent
