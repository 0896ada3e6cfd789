#include "cotangent/tensor/ops/sigmoid.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::elementwise, detail::Keep, detail::record;

// y' = y (1 - y)
struct Sigmoid {
    static constexpr const char* name = "sigmoid";
    static constexpr Keep keep = Keep::output;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * (call.output() * (1.0 - call.output()))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * (call.output() * (1.0 - call.output())); }
};

struct Softplus {
    static constexpr const char* name = "softplus";
    static constexpr Keep keep = Keep::inputs;
    void vjp(const Call& call) const { call.give(0, call.cotangent() * sigmoid(call.input(0))); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * sigmoid(call.input(0)); }
};

}  // namespace

Tensor sigmoid(const Tensor& x) {
    return record(Sigmoid{}, elementwise("sigmoid", [](auto v) { return sigmoid(v); }, x), x);
}

Tensor softplus(const Tensor& x) {
    return record(Softplus{}, elementwise("softplus", [](auto v) { return softplus(v); }, x), x);
}

}  // namespace cotangent
