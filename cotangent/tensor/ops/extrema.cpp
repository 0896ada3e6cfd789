#include "cotangent/tensor/ops/extrema.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Accepts, detail::Arithmetic, detail::Call, detail::elementwise, detail::Keep, detail::known, detail::record;

/// What part of the derivative goes to `a` when the larger of a and b is taken: 1, 1/2 or 0. A constant: never recorded.
Tensor share_of_larger(const Tensor& a, const Tensor& b) {
    return elementwise("maximum", [](auto x, auto y) { return select(x > y, 1, select(x < y, 0, decltype(x)(0.5))); }, a, b);
}

void give_shares(const Call& call, const Tensor& share) {
    if (call.wants(0)) call.give(0, call.cotangent() * share);
    if (call.wants(1)) call.give(1, call.cotangent() * (1.0 - share));
}

Tensor mix_tangents(const Call& call, const Tensor& share) {
    if (!call.has_tangent(0)) return call.tangent(1) * (1.0 - share);
    if (!call.has_tangent(1)) return call.tangent(0) * share;
    return call.tangent(0) * share + call.tangent(1) * (1.0 - share);
}

struct Maximum {
    static constexpr const char* name = "maximum";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { give_shares(call, share_of_larger(call.input(0), call.input(1))); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return mix_tangents(call, share_of_larger(call.input(0), call.input(1)));
    }
};

struct Minimum {
    static constexpr const char* name = "minimum";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { give_shares(call, share_of_larger(call.input(1), call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        return mix_tangents(call, share_of_larger(call.input(1), call.input(0)));
    }
};

struct Clip {
    static constexpr const char* name = "clip";
    static constexpr Keep keep = Keep::inputs;
    double low, high;
    [[nodiscard]] Tensor inside(const Tensor& x) const {
        return elementwise(
            "clip",
            [*this](auto v) {
                using V = decltype(v);
                return select(v >= V(low) && v <= V(high), V(1), V(0));
            },
            x);
    }
    void vjp(const Call& call) const { call.give(0, call.cotangent() * inside(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * inside(call.input(0)); }
};

constexpr auto larger = known<Arithmetic::maximum>([](auto x, auto y) { return maximum(x, y); });
constexpr auto smaller = known<Arithmetic::minimum>([](auto x, auto y) { return minimum(x, y); });

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
    return record(Maximum{}, elementwise<Accepts::numeric>("maximum", larger, a, b), a, b);
}
Tensor maximum(const Tensor& a, double b) { return maximum(a, constant_like(a, b)); }
Tensor maximum(double a, const Tensor& b) { return maximum(constant_like(b, a), b); }

Tensor minimum(const Tensor& a, const Tensor& b) {
    return record(Minimum{}, elementwise<Accepts::numeric>("minimum", smaller, a, b), a, b);
}
Tensor minimum(const Tensor& a, double b) { return minimum(a, constant_like(a, b)); }
Tensor minimum(double a, const Tensor& b) { return minimum(constant_like(b, a), b); }

Tensor clip(const Tensor& x, double low, double high) {
    if (!(low <= high)) throw ValueError(fmt::format("clip: low is {} and high is {}, expected low <= high", low, high));
    const auto moved = [=](auto v) {
        // Integers are compared as double, so that a bound may lie outside their range.
        if constexpr (std::is_integral_v<decltype(v)>)
            return static_cast<decltype(v)>(static_cast<double>(v) < low    ? low
                                            : static_cast<double>(v) > high ? high
                                                                            : static_cast<double>(v));
        else return minimum(maximum(v, decltype(v)(low)), decltype(v)(high));
    };
    return record(Clip{low, high}, elementwise<Accepts::numeric>("clip", moved, x), x);
}

}  // namespace cotangent
