// expect: custom_gradient: f returns something else than one Tensor, or one number of numbers
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::grad(ct::custom_gradient([](auto) {}, [](auto g, auto, auto) { return g; }))(x);
}
