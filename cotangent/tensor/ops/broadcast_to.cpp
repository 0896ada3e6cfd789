#include "cotangent/tensor/ops/broadcast_to.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

void check(const char* op, const Shape& narrow, const Shape& wide) {
    bool fits = narrow.rank() <= wide.rank();
    for (int axis = narrow.rank() - 1, at = wide.rank() - 1; fits && axis >= 0; --axis, --at)
        fits = narrow[axis] == 1 || narrow[axis] == wide[at];
    if (!fits) throw ShapeError(fmt::format("{}: shape {} does not broadcast to {}", op, to_string(narrow), to_string(wide)));
}

struct BroadcastTo {
    static constexpr const char* name = "broadcast_to";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const { call.give(0, sum_to(call.cotangent(), call.input(0).shape())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return broadcast_to(call.tangent(0), call.output().shape()); }
};

}  // namespace

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
    if (x.shape() == shape) return x;
    check("broadcast_to", x.shape(), shape);
    Tensor out = dispatch(x.dtype(), [&]<class T>(T) {
        return detail::elementwise_mixed<T, T>("broadcast_to", [](T v) { return v; }, shape, x.dtype(), x);
    });
    return record(BroadcastTo{}, std::move(out), x);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
    if (x.shape() == shape) return x;
    check("sum_to", shape, x.shape());
    const int extra = x.rank() - shape.rank();
    std::vector<int> axes;
    for (int axis = 0; axis < x.rank(); ++axis)
        if (axis < extra || shape[axis - extra] != x.shape()[axis]) axes.push_back(axis);
    return reshape(sum(x, {.axes = axes, .keep_axes = true}), shape);
}

}  // namespace cotangent
