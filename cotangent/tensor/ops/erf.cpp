#include "cotangent/tensor/ops/erf.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/exponential.hpp"
#include "cotangent/tensor/ops/power.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::elementwise, detail::Keep, detail::record;

// y' = 2 / sqrt(pi) exp(-x^2)
struct Erf {
    static constexpr const char* name = "erf";
    static constexpr Keep keep = Keep::inputs;
    static Tensor slope(const Call& call) { return 1.1283791670955126 * exp(-square(call.input(0))); }
    void vjp(const Call& call) const { call.give(0, call.cotangent() * slope(call)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0) * slope(call); }
};

}  // namespace

Tensor erf(const Tensor& x) {
    return record(Erf{}, elementwise("erf", [](auto v) { return erf(v); }, x), x);
}

}  // namespace cotangent
