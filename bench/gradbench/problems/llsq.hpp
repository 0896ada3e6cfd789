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
    [[nodiscard]] T operator()(std::span<const T> x) const {
        return 0.5 * squares(0, n, x);
    }
    /// The sum over the places first to last - 1.
    template <class T>
    [[nodiscard]] T squares(std::size_t first, std::size_t last, std::span<const T> x) const;
};

[[nodiscard]] LeastSquares make_llsq(std::size_t n, std::size_t m);

template <class T>
T LeastSquares::squares(std::size_t first, std::size_t last, std::span<const T> x) const {
    const std::size_t count = last - first;
    std::vector<double> t(count), power(count, 1.0);
    std::vector<T> missed(count);
    for (std::size_t i = 0; i < count; ++i) {
        t[i] = -1 + 2 * static_cast<double>(first + i) / static_cast<double>(n - 1);
        missed[i] = static_cast<double>((t[i] > 0) - (t[i] < 0));
    }
    for (const T& coefficient : x) {  // places inside, so that plain numbers are computed several at a time
        for (std::size_t i = 0; i < count; ++i) {
            missed[i] -= coefficient * power[i];
            power[i] *= t[i];
        }
    }
    T sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += missed[i] * missed[i];
    return sum;
}

}  // namespace cotangent::gradbench
