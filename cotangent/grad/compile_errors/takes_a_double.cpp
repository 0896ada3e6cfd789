// expect: derivative: f cannot be called with these arguments; numbers of a derivative are no doubles
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::grad([](double y) { return y * y; })(x);
}
