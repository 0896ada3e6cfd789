// expect: custom_gradient: the rule returns something else than the cotangent of the argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    return ct::grad(
        ct::custom_gradient([](auto y) { return y * y; }, [](auto, auto, auto) { return std::string("slope"); }))(x);
}
