#include "cotangent/tensor/ops/activation.hpp"

#include "cotangent/tensor/map.hpp"

namespace cotangent {
namespace {

// y' = 0 where y <= 0, else 1: NaN stays NaN. By its result, so that its input need not be kept.
struct Relu {
    static constexpr const char* name = "relu";
    static constexpr detail::Keep keep = detail::Keep::output;
    void vjp(const detail::Call& call) const { call.give(0, kept(call.cotangent(), call.output())); }
    [[nodiscard]] Tensor jvp(const detail::Call& call) const { return kept(call.tangent(0), call.output()); }

private:
    static Tensor kept(const Tensor& slope, const Tensor& y) {
        return map([](auto g, auto v) { return select(v <= 0, 0.0, g); }, slope, y);
    }
};

}  // namespace

Tensor relu(const Tensor& x) {
    return detail::record(Relu{},
                          detail::elementwise(
                              "relu", [](auto v) { return select(v <= 0, 0.0, v); }, x),
                          x);
}

Tensor gelu(const Tensor& x) {
    return map([](auto v) { return 0.5 * v * (1.0 + erf(v * 0.7071067811865476)); }, x);
}

Tensor silu(const Tensor& x) {
    return map([](auto v) { return v * sigmoid(v); }, x);
}

}  // namespace cotangent
