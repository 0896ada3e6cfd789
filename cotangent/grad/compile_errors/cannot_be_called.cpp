// expect: grad: f cannot be called with these arguments
#include "cotangent/grad/grad.hpp"

auto f(const ct::Tensor& x) { return ct::grad([](const ct::Tensor& y, int) { return y; })(x); }
