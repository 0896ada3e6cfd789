// expect: grad: the function returns something else than one number; use vjp() or jacobian()
#include "cotangent/grad/grad.hpp"

auto f(double x) { return ct::grad([](auto y) { return std::array{y, y}; })(x); }
