#include "cotangent/tensor/ops/rounding.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Accepts, detail::Arithmetic, detail::Call, detail::elementwise, detail::Keep, detail::known, detail::record;

struct Abs {
    static constexpr const char* name = "abs";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * sign(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * sign(call.input(0)); }
};

constexpr auto floor_of = []<class T>(T v) {
    if constexpr (std::is_integral_v<T>) return v;
    else return floor(v);
};
constexpr auto magnitude = known<Arithmetic::abs>([]<class T>(T v) {
    if constexpr (std::is_unsigned_v<T>) return v;
    else if constexpr (std::is_integral_v<T>) return v < 0 ? static_cast<T>(-v) : v;
    else return abs(v);
});

}  // namespace

// Without a record, a result is a constant to whoever differentiates: the derivative is 0.
Tensor floor(const Tensor& x) { return elementwise<Accepts::numeric>("floor", floor_of, x); }
Tensor sign(const Tensor& x) {
    return elementwise<Accepts::numeric>("sign", [](auto v) { return sign(v); }, x);
}

Tensor abs(const Tensor& x) { return record(Abs{}, elementwise<Accepts::numeric>("abs", magnitude, x), x); }

}  // namespace cotangent
