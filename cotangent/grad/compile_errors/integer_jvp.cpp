// expect: derivative: this argument cannot be differentiated; expected a Tensor, a float or double
#include "cotangent/grad/grad.hpp"

auto f() {
    return ct::jvp([](auto x) { return x * 2; }, 3, 1);
}
