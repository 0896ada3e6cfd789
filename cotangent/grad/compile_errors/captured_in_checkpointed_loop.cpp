// expect: checkpointed_loop: step returns another type than the state that it is given
#include "cotangent/grad/grad.hpp"

auto f(const std::vector<double>& x) {
    return ct::grad([](const auto& y) {
        return ct::checkpointed_loop(10, [y](auto z, std::int64_t) { return y[0] * z; }, y[1]);
    })(x);
}
