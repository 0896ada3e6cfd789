// expect: derivative: this argument cannot be differentiated; expected a Tensor, a float or double
#include "cotangent/grad/grad.hpp"

int f() { return ct::grad([](auto x) { return x * 2; })(3); }
