#pragma once
// For tests of assembled kernels: what their ops do, one number at a time, and numbers to try them on.
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "cotangent/grad/compile/assemble_kernel.hpp"

namespace cotangent::detail::kernel_testing {

inline constexpr std::array all_ops{Arithmetic::add,
                                    Arithmetic::subtract,
                                    Arithmetic::multiply,
                                    Arithmetic::divide,
                                    Arithmetic::divide_by_number,
                                    Arithmetic::negative,
                                    Arithmetic::square,
                                    Arithmetic::sqrt,
                                    Arithmetic::abs,
                                    Arithmetic::maximum,
                                    Arithmetic::minimum,
                                    Arithmetic::multiply_add,
                                    Arithmetic::multiply_subtract,
                                    Arithmetic::subtract_product};

/// Are kernels assembled here? Elsewhere there is nothing to test.
inline bool assembles() {
    if (!assembles_kernels()) return false;
    KernelPlan sum;
    sum.repeats = {false};
    sum.steps.push_back({Arithmetic::add, {0, 0, -1}, true});
    if (assemble(sum).kernel) return true;
    MESSAGE("skipped: the system gives no memory for code");
    return false;
}

/// One element; volatile keeps a product from being contracted into a sum.
template <class T>
T expected(Arithmetic op, T a, T b, T c) {
    volatile T product = a * b;
    switch (op) {
        case Arithmetic::none: break;
        case Arithmetic::add: return a + b;
        case Arithmetic::subtract: return a - b;
        case Arithmetic::multiply: return product;
        case Arithmetic::divide: return a / b;
        case Arithmetic::divide_by_number: return a / b;
        case Arithmetic::negative: return -a;
        case Arithmetic::square: return a * a;
        case Arithmetic::sqrt: return std::sqrt(a);
        case Arithmetic::abs: return std::abs(a);
        case Arithmetic::maximum: return std::isnan(a) || a > b ? a : b;
        case Arithmetic::minimum: return std::isnan(a) || a < b ? a : b;
        case Arithmetic::multiply_add: return product + c;
        case Arithmetic::multiply_subtract: return product - c;
        case Arithmetic::subtract_product: return c - product;
    }
    return 0;
}

template <class T>
bool is_same(T a, T b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

/// Of all sizes and signs, with what needs care among them.
template <class T>
class Numbers {
public:
    explicit Numbers(unsigned seed) : generator_(seed) {}
    T operator()() {
        using Limits = std::numeric_limits<T>;
        constexpr std::array special{T(0),
                                     T(-0.0),
                                     Limits::infinity(),
                                     -Limits::infinity(),
                                     Limits::quiet_NaN(),
                                     Limits::min(),
                                     Limits::denorm_min(),
                                     Limits::max(),
                                     Limits::lowest(),
                                     T(1)};
        const unsigned kind = pick(16);
        if (kind == 0) return special[pick(special.size())];
        if (kind == 1) return std::ldexp(mantissa(), static_cast<int>(pick(2000)) - 1000);
        return mantissa();
    }
    unsigned pick(std::size_t count) { return static_cast<unsigned>(generator_() % count); }

private:
    T mantissa() { return static_cast<T>(std::uniform_real_distribution<double>(-4, 4)(generator_)); }
    std::mt19937 generator_;
};

}  // namespace cotangent::detail::kernel_testing
