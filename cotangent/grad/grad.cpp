#include "cotangent/grad/grad.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

void check_scalar(const char* what, const Tensor& value) {
    if (value.size() != 1)
        throw ShapeError(fmt::format("{}: the function returned shape {}, expected one element; use vjp() or jacobian()",
                                     what, to_string(value.shape())));
    if (!is_floating(value.dtype()))
        throw DtypeError(fmt::format("{}: the function returned {}, expected a floating dtype", what, name(value.dtype())));
}

void throw_independent(const char* what) {
    throw ValueError(fmt::format("{}: the result does not depend on the argument", what));
}

void check_depends(const char* what, const Tensor& output, std::span<const Tensor> variables) {
    std::vector<const Tensor*> pointers;
    for (const Tensor& variable : variables) pointers.push_back(&variable);
    if (!output.node() || reached(output, pointers).empty()) throw_independent(what);
}

Tensor basis_vector(const Tensor& like, std::int64_t k) {
    Tensor basis = zeros(like.shape(), like.dtype());
    dispatch(like.dtype(), [&]<class T>(T) { basis.fresh_data<T>()[k] = T(1); });
    return basis;
}

Tensor stack_rows(const std::vector<Tensor>& rows, const Shape& outer, const Shape& inner, Dtype dtype) {
    Shape shape = outer;
    for (const std::int64_t length : inner) shape.push_back(length);
    if (rows.empty()) return zeros(shape, dtype);
    return reshape(stack(rows), shape);
}

Tensor stack_columns(const std::vector<Tensor>& columns, const Shape& outer, const Shape& inner, Dtype dtype) {
    const Tensor rows = stack_rows(columns, inner, outer, dtype);
    std::vector<int> axes;
    for (int axis = 0; axis < outer.rank(); ++axis) axes.push_back(inner.rank() + axis);
    for (int axis = 0; axis < inner.rank(); ++axis) axes.push_back(axis);
    return transpose(rows, axes);
}

}  // namespace cotangent::detail
