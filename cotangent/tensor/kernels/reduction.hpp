#pragma once
// What the ops that reduce share: their options checked against a shape, and folding in a wider type.
#include <utility>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/kernels/reduce.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

/// The options, checked against a shape.
struct Reduction {
    ReducedAxes reduced{};
    Shape kept;    ///< the reduced axes at length 1
    Shape result;  ///< as the options ask
    bool keep_axes = false;

    Reduction(const char* op, const Shape& shape, const std::vector<int>& axes, bool keep) : kept(shape), keep_axes(keep) {
        if (axes.empty()) reduced.fill(true);
        for (const int axis : axes)
            if (std::exchange(reduced[axis_of(op, axis, shape.rank())], true))
                throw ShapeError(fmt::format("{}: axis {} is given twice", op, axis));
        for (int axis = 0; axis < shape.rank(); ++axis) {
            if (reduced[axis]) kept[axis] = 1;
            if (keep || !reduced[axis]) result.push_back(kept[axis]);
        }
    }
    Reduction(const char* op, const Shape& shape, const ReduceOptions& options)
        : Reduction(op, shape, options.axes, options.keep_axes) {}

    /// How many elements make one of the result.
    [[nodiscard]] std::int64_t count(const Shape& shape) const {
        std::int64_t product = 1;
        for (int axis = 0; axis < shape.rank(); ++axis)
            if (reduced[axis]) product *= shape[axis];
        return product;
    }
    [[nodiscard]] ReduceOptions options() const {
        ReduceOptions result_options{.keep_axes = keep_axes};
        for (int axis = 0; axis < kept.rank(); ++axis)
            if (reduced[axis]) result_options.axes.push_back(axis);
        return result_options;
    }
    [[nodiscard]] ReduceOptions kept_options() const {
        ReduceOptions result_options = options();
        result_options.keep_axes = true;
        return result_options;
    }
    /// A cotangent of the result beside x: it broadcasts to x's shape.
    [[nodiscard]] Tensor beside(const Tensor& cotangent) const { return reshape(cotangent, kept); }
};

inline void check_floating(const char* op, const Tensor& x) {
    if (!is_floating(x.dtype())) throw_dtype(op, x.dtype(), "a floating dtype");
}

/// Folds in float64, or int64 for integers and bool, with `fold_one.operator()<T, A>()`.
template <class F>
Tensor fold_wide(const Tensor& x, F&& fold_one) {
    return dispatch(x.dtype(), [&]<class T>(T) {
        if constexpr (std::is_integral_v<T>) return fold_one.template operator()<T, std::int64_t>();
        else return fold_one.template operator()<T, double>();
    });
}

/// The largest and the smallest element, for float32, float64 and int64; files of their own, for they compile slowly.
[[nodiscard]] Tensor fold_max(const Tensor& x, const ReducedAxes& reduced);
[[nodiscard]] Tensor fold_min(const Tensor& x, const ReducedAxes& reduced);

/// From the type that was folded in to the dtype of the result.
inline Tensor finish(const Tensor& folded, const Reduction& reduction, Dtype dtype) {
    return (folded.dtype() == dtype ? folded : cast(folded, dtype)).view(reduction.result);
}

inline Dtype summed(Dtype dtype) { return is_floating(dtype) ? dtype : Dtype::int64; }

}  // namespace cotangent::detail
