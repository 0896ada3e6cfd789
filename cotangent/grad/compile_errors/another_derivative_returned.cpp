// expect: a function being differentiated uses a variable of another one; pass it as an argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::grad([](auto y) { return y * ct::grad([&](auto) { return y; })(3.0); })(x);
}
