// expect: checkpoint: the function returns a number that is being differentiated when called with plain ones
#include "cotangent/grad/grad.hpp"

auto f(const std::vector<double>& x) {
    return ct::grad([](const auto& y) { return ct::checkpoint([y](const auto& z) { return y[0] * z; })(y[1]); })(x);
}
