#pragma once
#include <cmath>
#include <cstddef>
#include <span>

namespace cotangent::gradbench {

/// log of the sum of exp(x[k]), the largest term taken out so that nothing overflows.
template <class T>
[[nodiscard]] T log_sum_exp(std::span<const T> x) {
    using std::exp, std::log;
    std::size_t top = 0;
    for (std::size_t k = 1; k < x.size(); ++k)
        if (x[k] > x[top]) top = k;
    const T largest = x[top];
    T sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += exp(x[k] - largest);
    return log(sum) + largest;
}

}  // namespace cotangent::gradbench
