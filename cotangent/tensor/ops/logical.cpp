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
    Tensor out = Tensor::uninitialized(shape, Dtype::boolean);
    // As bytes, 0 or 1: GCC 12 does not vectorise loops over bool.
    detail::elementwise_scalars([&f](Byte x, Byte y) { return static_cast<Byte>(f(x, y)); }, shape, out.fresh_data<Byte>(),
                                {&a.shape(), &b.shape()}, a.data<Byte>(), b.data<Byte>());
    return out;
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
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::boolean);
    detail::elementwise_scalars([](Byte v) { return static_cast<Byte>(v ^ 1); }, x.shape(), out.fresh_data<Byte>(),
                                {&x.shape()}, x.data<Byte>());
    return out;
}

}  // namespace cotangent
