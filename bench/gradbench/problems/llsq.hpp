#pragma once
// Half the sum of the squares by which a polynomial misses the sign function at n places between -1 and 1.
// @source  cmpad's problem llsq_obj by Bradley M. Bell; gradbench/gradbench, evals/llsq, for the definition
#include <cstddef>
#include <span>
#include <vector>

namespace cotangent::gradbench {

struct LeastSquares {
    std::size_t n;
    std::vector<double> parameters;  ///< the coefficients, from that of t^0

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const;
};

[[nodiscard]] LeastSquares make_llsq(std::size_t n, std::size_t m);

template <class T>
T LeastSquares::operator()(std::span<const T> x) const {
    std::vector<double> t(n), power(n, 1.0);
    std::vector<T> missed(n);
    for (std::size_t i = 0; i < n; ++i) {
        t[i] = -1 + 2 * static_cast<double>(i) / static_cast<double>(n - 1);
        missed[i] = static_cast<double>((t[i] > 0) - (t[i] < 0));
    }
    for (const T& coefficient : x) {  // places inside, so that plain numbers are computed several at a time
        for (std::size_t i = 0; i < n; ++i) {
            missed[i] -= coefficient * power[i];
            power[i] *= t[i];
        }
    }
    T sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += missed[i] * missed[i];
    return 0.5 * sum;
}

}  // namespace cotangent::gradbench
