// expect: jvp: the tangent is of another type than the argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::jvp([](auto y) { return y * y; }, x, 1.0f);
}
