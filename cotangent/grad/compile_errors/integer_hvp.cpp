// expect: derivative: this argument cannot be differentiated; expected a Tensor, a float or double
#include "cotangent/grad/grad.hpp"

auto f() {
    return ct::hvp([](auto x) { return x * x; }, 3, 1);
}
