// expect: derivative: f cannot be called with these arguments; numbers of a derivative are no doubles but Real or Dual
#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"

auto f(double x) { return ct::grad(ct::compile([](double y) { return y * y; }))(x); }
