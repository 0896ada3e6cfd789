// expect first: map: the lambda branches on a value, and computes with several at once; use select(condition, a, b)
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/map.hpp"

auto f(const ct::Tensor& x) {
    return ct::map(
        [](auto v) {
            if (v > 0) return v;
            return v * 0.1;
        },
        x);
}
