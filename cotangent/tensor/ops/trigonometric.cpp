#include "cotangent/tensor/ops/trigonometric.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/power.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::elementwise, detail::Keep, detail::record;

struct Sin {
    static constexpr const char* name = "sin";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * cos(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * cos(call.input(0)); }
};

struct Cos {
    static constexpr const char* name = "cos";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, -(call.cotangent() * sin(call.input(0)))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return -(call.tangent(0) * sin(call.input(0))); }
};

// y' = 1 + y^2
struct Tan {
    static constexpr const char* name = "tan";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * (1.0 + square(call.output()))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * (1.0 + square(call.output())); }
};

// y' = 1 - y^2
struct Tanh {
    static constexpr const char* name = "tanh";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * (1.0 - square(call.output()))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * (1.0 - square(call.output())); }
};

}  // namespace

Tensor sin(const Tensor& x) {
    return record(Sin{}, elementwise("sin", [](auto v) { return sin(v); }, x), x);
}

Tensor cos(const Tensor& x) {
    return record(Cos{}, elementwise("cos", [](auto v) { return cos(v); }, x), x);
}

Tensor tan(const Tensor& x) {
    return record(Tan{}, elementwise("tan", [](auto v) { return tan(v); }, x), x);
}

Tensor tanh(const Tensor& x) {
    return record(Tanh{}, elementwise("tanh", [](auto v) { return tanh(v); }, x), x);
}

}  // namespace cotangent
