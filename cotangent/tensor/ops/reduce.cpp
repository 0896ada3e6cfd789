#include "cotangent/tensor/ops/reduce.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/broadcast_to.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

/// x's shape with the reduced axes at length 1.
Shape kept_shape(const char* op, const Shape& shape, const ReduceOptions& options) {
    Shape kept = shape;
    for (const int axis : options.axes) kept[axis_of(op, axis, shape.rank())] = 1;
    if (options.axes.empty())
        for (std::int64_t& length : kept) length = 1;
    return kept;
}

Shape result_shape(const Shape& kept, const ReduceOptions& options) {
    if (options.keep_axes) return kept;
    if (options.axes.empty()) return {};
    std::vector<bool> reduced(static_cast<std::size_t>(kept.rank()), false);
    for (const int axis : options.axes) reduced[static_cast<std::size_t>(axis < 0 ? axis + kept.rank() : axis)] = true;
    Shape shape;
    for (int axis = 0; axis < kept.rank(); ++axis)
        if (!reduced[static_cast<std::size_t>(axis)]) shape.push_back(kept[axis]);
    return shape;
}

struct Sum {
    static constexpr const char* name = "sum";
    static constexpr Keep keep = Keep::nothing;
    Shape kept;
    ReduceOptions options;
    void vjp(const Call& call) const { call.give(0, broadcast_to(reshape(call.cotangent(), kept), call.input(0).shape())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return sum(call.tangent(0), options); }
};

}  // namespace

Tensor sum(const Tensor& x, const ReduceOptions& options) {
    const Shape kept = kept_shape("sum", x.shape(), options);
    Tensor out = zeros(kept, x.dtype());
    dispatch(x.dtype(), [&]<class T>(T) {
        if constexpr (std::is_floating_point_v<T>) {
            const auto rows = detail::rows_of<1>(x.shape(), {&kept});
            T* to = out.fresh_data<T>();
            for (std::int64_t r = 0; r < rows.row_count; ++r) {
                const T* from = x.data<T>() + r * rows.row_length;
                T* at = to + rows.offsets(r)[0];
                for (std::int64_t k = 0; k < rows.row_length; ++k) at[k * rows.step[0]] += from[k];
            }
        }
    });
    return record(Sum{kept, options}, out.view(result_shape(kept, options)), x);
}

}  // namespace cotangent
