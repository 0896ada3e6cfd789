#include "cotangent/grad/grad.hpp"

#include <algorithm>

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

void check_floating(const char* what, const Tensor& value) {
    if (!is_floating(value.dtype()))
        throw DtypeError(fmt::format("{}: the function returned {}, expected a floating dtype", what, name(value.dtype())));
}

void check_scalar(const char* what, const Tensor& value) {
    if (value.size() != 1)
        throw ShapeError(fmt::format("{}: the function returned shape {}, expected one element; use vjp() or jacobian()",
                                     what, to_string(value.shape())));
    check_floating(what, value);
}

void throw_independent(const char* what) {
    throw ValueError(fmt::format("{}: the result does not depend on the argument", what));
}

void check_depends(const char* what, const Tensor& output, std::span<const Tensor> variables) {
    std::vector<std::uint64_t> ids;
    for (const Tensor& variable : variables) ids.push_back(variable.node()->id);
    std::sort(ids.begin(), ids.end());
    if (reached(output, ids).empty()) throw_independent(what);
}

namespace {

Tensor basis_vector(const Tensor& like, std::int64_t k) {
    Tensor basis = zeros(like.shape(), like.dtype());
    dispatch(like.dtype(), [&]<class T>(T) { basis.fresh_data<T>()[k] = T(1); });
    return basis;
}

/// rows[k], each of shape `inner`, stacked to outer + inner.
Tensor stack_rows(const std::vector<Tensor>& rows, const Shape& outer, const Shape& inner, Dtype dtype) {
    Shape shape = outer;
    for (const std::int64_t length : inner) shape.push_back(length);
    if (rows.empty()) return zeros(shape, dtype);
    return reshape(stack(rows), shape);
}

/// columns[k], each of shape `outer`, as the last axes of outer + inner.
Tensor stack_columns(const std::vector<Tensor>& columns, const Shape& outer, const Shape& inner, Dtype dtype) {
    const Tensor rows = stack_rows(columns, inner, outer, dtype);
    std::vector<int> axes;
    for (int axis = 0; axis < outer.rank(); ++axis) axes.push_back(inner.rank() + axis);
    for (int axis = 0; axis < inner.rank(); ++axis) axes.push_back(axis);
    return transpose(rows, axes);
}

}  // namespace

std::vector<std::vector<Tensor>> jacobian_blocks(std::span<const Tensor> variables, std::span<const Tensor> outputs,
                                                 bool forward) {
    std::vector<std::vector<Tensor>> blocks(outputs.size());
    if (forward) {
        for (std::size_t j = 0; j < variables.size(); ++j) {
            std::vector<Tensor> tangents;
            for (const Tensor& variable : variables) tangents.push_back(zeros_like(variable));
            std::vector<std::vector<Tensor>> columns(outputs.size());
            for (std::int64_t k = 0; k < variables[j].size(); ++k) {
                tangents[j] = basis_vector(variables[j], k);
                const std::vector<Tensor> along = push(variables, tangents, outputs);
                for (std::size_t i = 0; i < outputs.size(); ++i) columns[i].push_back(along[i]);
            }
            for (std::size_t i = 0; i < outputs.size(); ++i)
                blocks[i].push_back(stack_columns(columns[i], outputs[i].shape(), variables[j].shape(), outputs[i].dtype()));
        }
        return blocks;
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        std::vector<std::vector<Tensor>> rows(variables.size());
        for (std::int64_t k = 0; k < outputs[i].size(); ++k) {
            const std::vector<Tensor> cotangents = pull(outputs.subspan(i, 1), {{basis_vector(outputs[i], k)}}, variables);
            for (std::size_t j = 0; j < variables.size(); ++j) rows[j].push_back(cotangents[j]);
        }
        for (std::size_t j = 0; j < variables.size(); ++j)
            blocks[i].push_back(stack_rows(rows[j], outputs[i].shape(), variables[j].shape(), variables[j].dtype()));
    }
    return blocks;
}

}  // namespace cotangent::detail
