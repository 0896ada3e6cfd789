// expect: compile: f cannot be called with these arguments
#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/tensor/ops.hpp"

auto f(const ct::Tensor& x) {
    const auto compiled = ct::compile([](const ct::Tensor& y) { return y * 2.0; });
    return compiled(x, 3);
}
