#pragma once
// log sum exp of n numbers.  @source  gradbench/gradbench, evals/lse, for the definition
#include <vector>

#include "log_sum_exp.hpp"

namespace cotangent::gradbench {

struct LogSumExp {
    std::vector<double> parameters;

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const {
        return log_sum_exp<T>(x);
    }
};

[[nodiscard]] LogSumExp make_lse(std::size_t n);

}  // namespace cotangent::gradbench
