#include "cotangent/tensor/ops/logical.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"

namespace cotangent {
namespace {

void check_bool(const char* op, const Tensor& x) {
    if (x.dtype() != Dtype::boolean) detail::throw_dtype(op, x.dtype(), "bool");
}

template <class F>
Tensor combine(const char* op, const F& f, const Tensor& a, const Tensor& b) {
    check_bool(op, a);
    check_bool(op, b);
    const Shape shape = broadcast(op, a.shape(), b.shape());
    Tensor out = Tensor::uninitialized(shape, Dtype::boolean);
    detail::elementwise_scalars(f, shape, out.fresh_data<bool>(), {&a.shape(), &b.shape()}, a.data<bool>(), b.data<bool>());
    return out;
}

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) {
    return combine("logical_and", [](bool x, bool y) { return (x & y) != 0; }, a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
    return combine("logical_or", [](bool x, bool y) { return (x | y) != 0; }, a, b);
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
    return combine("logical_xor", [](bool x, bool y) { return x != y; }, a, b);
}

Tensor logical_not(const Tensor& x) {
    check_bool("logical_not", x);
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::boolean);
    detail::elementwise_scalars([](bool v) { return !v; }, x.shape(), out.fresh_data<bool>(), {&x.shape()}, x.data<bool>());
    return out;
}

}  // namespace cotangent
