// expect: compile: f cannot be called with these arguments
#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

auto f(const ct::Tensor& x) {
    return ct::grad(ct::compile([](const ct::Tensor& y, const ct::Tensor& z) { return sum(y * z); }))(x);
}
