// expect: derivative: this argument cannot be differentiated; expected a Tensor, a float or double
#include "cotangent/grad/grad.hpp"

auto f() {
    return ct::hessian([](auto x) { return x * x; })(3);
}
