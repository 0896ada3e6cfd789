#include "cotangent/tensor/ops/arithmetic.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Accepts, detail::Arithmetic, detail::Call, detail::elementwise, detail::Keep, detail::known, detail::record;

struct Add {
    static constexpr const char* name = "add";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const {
        call.give(0, call.cotangent());
        call.give(1, call.cotangent());
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return call.tangent(1);
        if (!call.has_tangent(1)) return call.tangent(0);
        return call.tangent(0) + call.tangent(1);
    }
};

struct Subtract {
    static constexpr const char* name = "subtract";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const {
        call.give(0, call.cotangent());
        if (call.wants(1)) call.give(1, -call.cotangent());
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return -call.tangent(1);
        if (!call.has_tangent(1)) return call.tangent(0);
        return call.tangent(0) - call.tangent(1);
    }
};

// d(ab) = b da + a db
struct Multiply {
    static constexpr const char* name = "multiply";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const {
        if (call.wants(0)) call.give(0, call.cotangent() * call.input(1));
        if (call.wants(1)) call.give(1, call.cotangent() * call.input(0));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return call.input(0) * call.tangent(1);
        if (!call.has_tangent(1)) return call.tangent(0) * call.input(1);
        return call.tangent(0) * call.input(1) + call.input(0) * call.tangent(1);
    }
};

// d(a/b) = (da - (a/b) db) / b
struct Divide {
    static constexpr const char* name = "divide";
    static constexpr Keep keep = Keep::both;
    void vjp(const Call& call) const {
        const Tensor quotient = call.cotangent() / call.input(1);
        call.give(0, quotient);
        if (call.wants(1)) call.give(1, -(quotient * call.output()));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return -(call.output() * call.tangent(1) / call.input(1));
        if (!call.has_tangent(1)) return call.tangent(0) / call.input(1);
        return (call.tangent(0) - call.output() * call.tangent(1)) / call.input(1);
    }
};

struct Negative {
    static constexpr const char* name = "negative";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const { call.give(0, -call.cotangent()); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return -call.tangent(0); }
};

void check_divisor(const Tensor& b) {
    if (is_floating(b.dtype())) return;
    dispatch(b.dtype(), [&]<class T>(T) {
        if constexpr (std::is_integral_v<T>)
            if (std::find(b.data<T>(), b.data<T>() + b.size(), T{}) != b.data<T>() + b.size())
                throw ValueError("divide: an integer is divided by 0, expected other values or a floating dtype");
    });
}

/// target = f(target, other) in target's own memory, when nobody else sees it and the result has its shape and dtype.
template <class F>
bool update_in_place(Tensor& target, const Tensor& other, const F& f) {
    if (target.node() || detail::is_remembered(other) || !target.is_sole_owner() || detail::is_tracing()) return false;
    if (target.dtype() != other.dtype()) return false;
    if (target.shape() != other.shape() && other.size() != 1) return false;
    if (other.size() == 1 && other.rank() > target.rank()) return false;
    const auto run = [&]<class T>(T) {
        auto* out = reinterpret_cast<T*>(target.mutable_raw());
        detail::elementwise_lanes<T>(f, target.shape(), out, std::array<const T*, 2>{out, other.data<T>()},
                                     {&target.shape(), &other.shape()});
    };
    if (target.dtype() == Dtype::float32) run(float{});
    else if (target.dtype() == Dtype::float64) run(double{});
    else return false;
    return true;
}

constexpr auto plus = known<Arithmetic::add>([](auto x, auto y) { return x + y; });
constexpr auto minus = known<Arithmetic::subtract>([](auto x, auto y) { return x - y; });
constexpr auto times = known<Arithmetic::multiply>([](auto x, auto y) { return x * y; });
constexpr auto over = known<Arithmetic::divide>([](auto x, auto y) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {  // the least integer has no negative: it wraps, as in NumPy
        if (y == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
    }
    return x / y;
});
constexpr auto opposite = known<Arithmetic::negative>([](auto v) { return -v; });

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return record(Add{}, elementwise<Accepts::numeric>("add", plus, a, b), a, b); }

Tensor subtract(const Tensor& a, const Tensor& b) {
    return record(Subtract{}, elementwise<Accepts::numeric>("subtract", minus, a, b), a, b);
}

Tensor multiply(const Tensor& a, const Tensor& b) {
    return record(Multiply{}, elementwise<Accepts::numeric>("multiply", times, a, b), a, b);
}

Tensor divide(const Tensor& a, const Tensor& b) {
    if (is_floating(a.dtype())) return record(Divide{}, elementwise("divide", over, a, b), a, b);
    return detail::traced(
        "divide",
        [](const Tensor& x, const Tensor& y) {
            check_divisor(y);
            return elementwise<Accepts::numeric>("divide", over, x, y);
        },
        a, b);
}

Tensor negative(const Tensor& x) {
    return record(Negative{}, elementwise<Accepts::numeric>("negative", opposite, x), x);
}

Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
Tensor operator-(const Tensor& a, const Tensor& b) { return subtract(a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return multiply(a, b); }
Tensor operator/(const Tensor& a, const Tensor& b) { return divide(a, b); }
Tensor operator-(const Tensor& x) { return negative(x); }
Tensor operator+(const Tensor& a, double b) { return add(a, constant_like(a, b)); }
Tensor operator+(double a, const Tensor& b) { return add(constant_like(b, a), b); }
Tensor operator-(const Tensor& a, double b) { return subtract(a, constant_like(a, b)); }
Tensor operator-(double a, const Tensor& b) { return subtract(constant_like(b, a), b); }
Tensor operator*(const Tensor& a, double b) { return multiply(a, constant_like(a, b)); }
Tensor operator*(double a, const Tensor& b) { return multiply(constant_like(b, a), b); }
Tensor operator/(const Tensor& a, double b) { return divide(a, constant_like(a, b)); }
Tensor operator/(double a, const Tensor& b) { return divide(constant_like(b, a), b); }

namespace {

/// target = op(target, other), where broadcasting may stretch only `other`.
template <class F>
Tensor& assign(const char* name, Tensor& target, const Tensor& other, const F& f, Tensor (*op)(const Tensor&, const Tensor&)) {
    if (update_in_place(target, other, f)) return target;
    Tensor result = op(target, other);
    if (result.shape() != target.shape())
        throw ShapeError(fmt::format("{}: shapes {} and {}: the result, {}, is not of the first", name, to_string(target.shape()),
                                     to_string(other.shape()), to_string(result.shape())));
    return target = std::move(result);
}

}  // namespace

Tensor& Tensor::operator+=(const Tensor& other) { return assign("+=", *this, other, plus, add); }
Tensor& Tensor::operator-=(const Tensor& other) { return assign("-=", *this, other, minus, subtract); }
Tensor& Tensor::operator*=(const Tensor& other) { return assign("*=", *this, other, times, multiply); }
Tensor& Tensor::operator/=(const Tensor& other) { return assign("/=", *this, other, over, divide); }
Tensor& Tensor::operator+=(double number) { return *this += constant_like(*this, number); }
Tensor& Tensor::operator-=(double number) { return *this -= constant_like(*this, number); }
Tensor& Tensor::operator*=(double number) { return *this *= constant_like(*this, number); }
Tensor& Tensor::operator/=(double number) { return *this /= constant_like(*this, number); }

}  // namespace cotangent
