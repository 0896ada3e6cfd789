#include "cotangent/tensor/ops/exponential.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::elementwise, detail::Keep, detail::record;

// y' = y
struct Exp {
    static constexpr const char* name = "exp";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * call.output()); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * call.output(); }
};

// y' = y + 1
struct Expm1 {
    static constexpr const char* name = "expm1";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * (call.output() + 1.0)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * (call.output() + 1.0); }
};

// y' = 1 / x
struct Log {
    static constexpr const char* name = "log";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, call.cotangent() / call.input(0)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) / call.input(0); }
};

// y' = 1 / (1 + x)
struct Log1p {
    static constexpr const char* name = "log1p";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, call.cotangent() / (call.input(0) + 1.0)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) / (call.input(0) + 1.0); }
};

}  // namespace

Tensor exp(const Tensor& x) {
    return record(Exp{}, elementwise("exp", [](auto v) { return exp(v); }, x), x);
}

Tensor expm1(const Tensor& x) {
    return record(Expm1{}, elementwise("expm1", [](auto v) { return expm1(v); }, x), x);
}

Tensor log(const Tensor& x) {
    return record(Log{}, elementwise("log", [](auto v) { return log(v); }, x), x);
}

Tensor log1p(const Tensor& x) {
    return record(Log1p{}, elementwise("log1p", [](auto v) { return log1p(v); }, x), x);
}

}  // namespace cotangent
