// expect: a function being differentiated uses a variable of another one; pass it as an argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::grad([](auto y) {
        return y * ct::jvp(
                   [&](auto z) {
                       z += y;
                       return z;
                   },
                   2.0, 1.0)
            .second;
    })(x);
}
