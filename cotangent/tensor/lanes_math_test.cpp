// Every bound of lanes_math.hpp's table, against the C library in the next wider format.
#include "cotangent/tensor/lanes_math.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace ct = cotangent;
using ct::Lanes;

namespace {

template <class T>
using Wider = std::conditional_t<sizeof(T) == 4, double, long double>;

/// The error of `value` in units in the last place of T at the exact result; infinity where a special value is wrong.
template <class T>
double ulps(T value, Wider<T> exact) {
    const T rounded = static_cast<T>(exact);
    if (std::isnan(exact)) return std::isnan(value) ? 0 : INFINITY;
    if (std::isinf(rounded) || exact == 0) {
        // Overflow may round to the largest number instead, within the bound: compare there.
        if (value == rounded) return exact == 0 && std::signbit(value) != std::signbit(exact) ? INFINITY : 0;
        if (exact == 0 || std::isinf(exact)) return INFINITY;
    }
    if (!std::isfinite(value)) {
        if (!std::isinf(value) || std::abs(exact) < static_cast<Wider<T>>(std::numeric_limits<T>::max())) return INFINITY;
        return 0.5;
    }
    const int exponent = std::max(std::ilogb(exact), std::numeric_limits<T>::min_exponent - 1);
    const Wider<T> unit = std::ldexp(Wider<T>(1), exponent - std::numeric_limits<T>::digits + 1);
    return static_cast<double>(std::abs(static_cast<Wider<T>>(value) - exact) / unit);
}

template <class T>
struct Function {
    const char* name;
    double bound;
    Lanes<T> (*lanes)(Lanes<T>);
    Wider<T> (*exact)(Wider<T>);
};

template <class T>
std::vector<Function<T>> functions() {
    using L = Lanes<T>;
    using W = Wider<T>;
    return {
        {"exp", 1.0, [](L x) { return exp(x); }, [](W x) { return std::exp(x); }},
        {"expm1", 2.0, [](L x) { return expm1(x); }, [](W x) { return std::expm1(x); }},
        {"log", 0.85, [](L x) { return log(x); }, [](W x) { return std::log(x); }},
        {"log1p", 0.85, [](L x) { return log1p(x); }, [](W x) { return std::log1p(x); }},
        {"tanh", 2.6, [](L x) { return tanh(x); }, [](W x) { return std::tanh(x); }},
        {"erf", 5.5, [](L x) { return erf(x); }, [](W x) { return std::erf(x); }},
        {"sin", 1.6, [](L x) { return sin(x); }, [](W x) { return std::sin(x); }},
        {"cos", 1.6, [](L x) { return cos(x); }, [](W x) { return std::cos(x); }},
        {"tan", 3.2, [](L x) { return tan(x); }, [](W x) { return std::tan(x); }},
        {"sqrt", 0.5, [](L x) { return sqrt(x); }, [](W x) { return std::sqrt(x); }},
        {"floor", 0.0, [](L x) { return floor(x); }, [](W x) { return std::floor(x); }},
        {"sigmoid", 2.5, [](L x) { return ct::sigmoid(x); },
         [](W x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }},
        {"softplus", 1.8, [](L x) { return ct::softplus(x); },
         [](W x) {
             return (x > 0 ? x : x < 0 || x == 0 ? W(0) : x) + std::log1p(std::exp(-std::abs(x)));
         }},
    };
}

/// The largest error of f, and where, over arguments that `next` fills one register at a time until it returns false.
template <class T, class Next>
void check_bound(const Function<T>& f, Next next) {
    double worst = 0;
    T where = 0;
    Lanes<T> x;
    while (next(x)) {
        const Lanes<T> y = f.lanes(x);
        for (int i = 0; i < Lanes<T>::count; ++i) {
            const Wider<T> exact = f.exact(x.v[i]);
            // No unit is below this part of the result: most arguments need no closer look.
            if (exact != 0 && std::abs(y.v[i] - exact) <= worst * std::abs(exact) * std::numeric_limits<T>::epsilon() / 2)
                continue;
            const double error = ulps<T>(y.v[i], exact);
            if (error > worst) {
                worst = error;
                where = x.v[i];
            }
        }
    }
    CAPTURE(std::string(f.name));
    CAPTURE(where);
    CHECK(worst <= f.bound);
}

void check_floats(std::uint64_t stride) {
    for (const auto& f : functions<float>()) {
        std::uint64_t pattern = 0;
        check_bound<float>(f, [&](Lanes<float>& x) {
            if (pattern >> 32) return false;
            for (int i = 0; i < Lanes<float>::count; ++i, pattern += stride)
                x.v[i] = std::bit_cast<float>(static_cast<std::uint32_t>(pattern));
            return true;
        });
    }
}

void check_doubles(int registers) {
    for (const auto& f : functions<double>()) {
        std::mt19937_64 generator(5);
        int left = registers;
        check_bound<double>(f, [&](Lanes<double>& x) {
            for (int i = 0; i < Lanes<double>::count; ++i) {
                const std::uint64_t bits = generator();
                const double unit = static_cast<double>(bits >> 11) * 0x1p-53 * 2 - 1;
                switch (left % 4) {
                    case 0: x.v[i] = std::bit_cast<double>(bits); break;  // any exponent
                    case 1: x.v[i] = unit * 750; break;                   // where exp is finite
                    case 2: x.v[i] = unit * 3; break;                     // where formulas change
                    default: x.v[i] = 1 + unit * std::ldexp(1.0, -static_cast<int>(bits % 50)); break;  // near 1
                }
            }
            return left-- > 0;
        });
    }
}

template <class T>
void check_special() {
    using limits = std::numeric_limits<T>;
    std::vector<T> points{0,
                          limits::denorm_min(),
                          limits::min(),
                          limits::max(),
                          limits::infinity(),
                          limits::quiet_NaN(),
                          limits::epsilon(),
                          1,
                          T(0.5),
                          T(0.55),
                          T(0.34657359),
                          T(0.69314718),
                          T(1.5707963267948966),
                          T(3.1415926535897931),
                          T(88.72283),
                          T(103.97),
                          T(709.782712893384),
                          T(745.1332),
                          T(1e6),
                          T(1.00001e6),
                          T(1e22),
                          T(1.4142135623730951),
                          T(0.70710678118654752)};
    const std::size_t count = points.size();
    for (std::size_t i = 0; i < count; ++i) {
        points.push_back(std::nextafter(points[i], limits::infinity()));
        points.push_back(std::nextafter(points[i], -limits::infinity()));
    }
    for (std::size_t i = 0; i < 3 * count; ++i) points.push_back(-points[i]);
    for (const auto& f : functions<T>()) {
        std::size_t at = 0;
        check_bound<T>(f, [&](Lanes<T>& x) {
            if (at >= points.size()) return false;
            for (int i = 0; i < Lanes<T>::count; ++i, ++at) x.v[i] = points[at % points.size()];
            return true;
        });
    }
}

}  // namespace

TEST_CASE("functions of float lanes keep their bounds over a spread of all floats") { check_floats(9973); }
TEST_CASE("functions of float lanes keep their bounds for every float" * doctest::skip()) { check_floats(1); }
TEST_CASE("functions of double lanes keep their bounds") { check_doubles(1000000 / 4 / Lanes<double>::count); }
TEST_CASE("functions of double lanes keep their bounds over more arguments" * doctest::skip()) { check_doubles(20000000); }
TEST_CASE("functions of lanes meet their limits and change formulas smoothly") {
    check_special<float>();
    check_special<double>();
}

TEST_CASE("pow of float lanes is pow rounded, special arguments included") {
    const float points[] = {0,      -0.0f, 1,    -1, 2,        -2,        0.5f, 3,          -3,
                            1e-40f, 1e30f, 0.1f, 80, INFINITY, -INFINITY, NAN,  1.0000001f, 17.25f};
    for (const float a : points)
        for (const float b : points) {
            const float value = pow(Lanes<float>(a), Lanes<float>(b)).v[Lanes<float>::count - 1];
            const double exact = std::pow(static_cast<double>(a), static_cast<double>(b));
            CAPTURE(a);
            CAPTURE(b);
            CHECK(ulps<float>(value, exact) <= 0.51);
        }
}

TEST_CASE("lanes compare, select and take extrema as numbers do") {
    const double points[] = {-2, -0.0, 0, 1, 3, INFINITY, NAN};
    for (const double a : points)
        for (const double b : points) {
            const Lanes<double> x(a), y(b);
            CHECK(ct::detail::any(x < y) == (a < b));
            CHECK(ct::detail::any(x >= y) == (a >= b));
            CHECK(ct::detail::any(x != y) == (a != b));
            const auto same = [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); };
            CHECK(same(maximum(x, y).v[0], ct::maximum(a, b)));
            CHECK(same(minimum(x, b).v[0], ct::minimum(a, b)));
            CHECK(same(select(x < y, x, 7).v[0], a < b ? a : 7));
            CHECK(same(sign(x).v[0], ct::sign(a)));
            CHECK(same(abs(x).v[0], std::abs(a)));
        }
}

TEST_CASE("part of a register is loaded and stored without touching the rest") {
    std::vector<float> from(Lanes<float>::count, 5), to(Lanes<float>::count, -1);
    for (int n = 0; n <= Lanes<float>::count; ++n) {
        std::fill(to.begin(), to.end(), -1.0f);
        const auto x = Lanes<float>::load_part(from.data(), n);
        x.store_part(to.data(), n);
        for (int i = 0; i < Lanes<float>::count; ++i) CHECK(to[static_cast<std::size_t>(i)] == (i < n ? 5 : -1));
    }
}
