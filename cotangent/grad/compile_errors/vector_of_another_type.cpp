// expect: hvp: the vector is of another type than the argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::hvp([](auto y) { return y * y; }, x, 1);
}
