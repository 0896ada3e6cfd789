// expect: derivative: f cannot be called with these arguments; numbers of a derivative are no doubles
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::jacobian([](double y) { return y * y; })(x);
}
