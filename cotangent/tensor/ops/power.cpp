#include "cotangent/tensor/ops/power.hpp"

#include <cmath>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/compare.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/exponential.hpp"
#include "cotangent/tensor/ops/where.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Accepts, detail::Arithmetic, detail::Call, detail::elementwise, detail::Keep, detail::known, detail::record;

// y' = 1 / (2 y)
struct Sqrt {
    static constexpr const char* name = "sqrt";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, 0.5 * call.cotangent() / call.output()); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return 0.5 * call.tangent(0) / call.output(); }
};

// y' = -y / (2 x)
struct Rsqrt {
    static constexpr const char* name = "rsqrt";
    static constexpr Keep keep = Keep::both;
    static Tensor slope(const Call& call) { return -0.5 * call.output() / call.input(0); }
    void vjp(const Call& call) const { call.give(0, call.cotangent() * slope(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * slope(call); }
};

struct Square {
    static constexpr const char* name = "square";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, 2.0 * call.cotangent() * call.input(0)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return 2.0 * call.tangent(0) * call.input(0); }
};

// d(x^n) = n x^(n-1) dx
struct PowerOfNumber {
    static constexpr const char* name = "power";
    static constexpr Keep keep = Keep::inputs;
    double exponent;
    [[nodiscard]] Tensor slope(const Call& call) const {
        if (exponent == 0) return zeros_like(call.input(0));
        return exponent * power(call.input(0), exponent - 1);
    }
    void vjp(const Call& call) const { call.give(0, call.cotangent() * slope(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * slope(call); }
};

// d(a^b) = b a^(b-1) da + a^b log(a) db. The inner where() keep 0 * infinity out of the derivatives of these rules.
struct Power {
    static constexpr const char* name = "power";
    static constexpr Keep keep = Keep::both;
    static Tensor base_slope(const Call& call) {
        const Tensor& exponent = call.input(1);
        const Tensor vanishes = equal(exponent, 0.0);
        return where(vanishes, 0.0, exponent * power(call.input(0), where(vanishes, 1.0, exponent - 1.0)));
    }
    static Tensor exponent_slope(const Call& call) {
        const Tensor& base = call.input(0);
        const Tensor positive = base > 0.0;
        return where(positive, call.output() * log(where(positive, base, 1.0)), 0.0);
    }
    void vjp(const Call& call) const {
        if (call.wants(0)) call.give(0, call.cotangent() * base_slope(call));
        if (call.wants(1)) call.give(1, call.cotangent() * exponent_slope(call));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return call.tangent(1) * exponent_slope(call);
        if (!call.has_tangent(1)) return call.tangent(0) * base_slope(call);
        return call.tangent(0) * base_slope(call) + call.tangent(1) * exponent_slope(call);
    }
};

constexpr auto squared = known<Arithmetic::square>([](auto v) { return v * v; });

Tensor raise(const Tensor& x, double exponent) {
    // What squares and roots can say is faster and at least as exact. sqrt(-0.0) and sqrt(-infinity) differ from pow.
    if (exponent == 1) return elementwise("power", [](auto v) { return v; }, x);
    if (exponent == 2) return elementwise("power", squared, x);
    if (exponent == 3) return elementwise("power", [](auto v) { return v * v * v; }, x);
    if (exponent == -1) return elementwise("power", [](auto v) { return 1 / v; }, x);
    if (exponent == -2) return elementwise("power", [](auto v) { return 1 / (v * v); }, x);
    return elementwise("power", [=](auto v) { return pow(v, decltype(v)(exponent)); }, x);
}

}  // namespace

Tensor sqrt(const Tensor& x) {
    return record(Sqrt{}, elementwise("sqrt", known<Arithmetic::sqrt>([](auto v) { return sqrt(v); }), x), x);
}

Tensor rsqrt(const Tensor& x) {
    return record(Rsqrt{}, elementwise("rsqrt", [](auto v) { return 1 / sqrt(v); }, x), x);
}

Tensor square(const Tensor& x) {
    return record(Square{}, elementwise<Accepts::numeric>("square", squared, x), x);
}

Tensor power(const Tensor& base, const Tensor& exponent) {
    return record(Power{}, elementwise("power", [](auto a, auto b) { return pow(a, b); }, base, exponent), base, exponent);
}

Tensor power(const Tensor& base, double exponent) { return record(PowerOfNumber{exponent}, raise(base, exponent), base); }
Tensor power(double base, const Tensor& exponent) { return power(constant_like(exponent, base), exponent); }
Tensor pow(const Tensor& base, const Tensor& exponent) { return power(base, exponent); }
Tensor pow(const Tensor& base, double exponent) { return power(base, exponent); }
Tensor pow(double base, const Tensor& exponent) { return power(base, exponent); }

}  // namespace cotangent
