// expect: custom_gradient: the rule returns something else than the cotangent of the argument
#include "cotangent/grad/grad.hpp"

auto f(double x) {
    const auto product =
        ct::custom_gradient([](auto y, auto z) { return y * z; }, [](auto g, auto, auto, auto) { return std::array{g}; });
    return ct::grad([=](auto y) { return product(y, y); })(x);
}
