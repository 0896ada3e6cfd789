#pragma once
// Jacobians where numbers and tensors are mixed, in the argument or in the result. A tensor in a row of a Jacobian has the
// shape of the argument's, and there is a row for each number and each element of a tensor of the result.
#include <vector>

#include "cotangent/grad/scalar_jacobian.hpp"

namespace cotangent::detail {

/// The numbers of a tree, and the elements of its floating tensors, in order.
template <class S, class X>
[[nodiscard]] std::vector<S> elements_of(const X& x) {
    std::vector<S> elements;
    zip_scalars(
        x, x, [&](const auto& number, const auto&) { elements.push_back(S(number)); },
        [&](const auto& part, const auto&) {
            if constexpr (has_leaves<std::remove_cvref_t<decltype(part)>>)
                for (const Tensor& leaf : differentiable_leaves(part))
                    for (const S& element : ScalarsOf<S>::of(leaf)) elements.push_back(element);
        });
    return elements;
}

/// A tree like x of these numbers and elements.
template <class S, class X>
[[nodiscard]] X with_elements(const X& x, const S* elements) {
    X result = x;
    zip_scalars(
        x, result,
        [&]<class N>(const auto&, N& number) {
            if constexpr (std::is_same_v<N, S>) number = *elements++;
            else number = N(primal(*elements++));  // a plain number, which depends on nothing
        },
        [&](const auto& part, auto& to) {
            if constexpr (has_leaves<std::remove_cvref_t<decltype(part)>>) {
                std::vector<Tensor> tensors;
                for (const Tensor& leaf : differentiable_leaves(part)) {
                    const auto count = static_cast<std::size_t>(leaf.size());
                    tensors.push_back(cast(tensor_of(std::span<const S>(elements, count), leaf.shape()), leaf.dtype()));
                    elements += count;
                }
                to = fill_tree(part, tensors);
            }
        });
    return result;
}

/// One tree like x for each number and element of f(x), in order; of one number, that tree alone.
template <class S, class F, class X>
[[nodiscard]] auto mixed_jacobian(const F& f, const X& x, Mode mode) {
    std::vector<X> rows;
    const auto result = [&]<class Y>(const Y&) {
        if constexpr (is_scalar_v<Y>) return X(rows.at(0));
        else return std::move(rows);
    };
    const auto axis = [](std::size_t count, std::size_t k) {
        std::vector<S> direction(count, S(0));
        direction[k] = S(1);
        return direction;
    };
    const std::size_t columns = elements_of<S>(x).size();
    if (mode != Mode::forward || columns == 0) {
        const auto [y, pullback] = scalar_vjp<S>(f, x);
        const std::size_t count = elements_of<S>(y).size();
        for (std::size_t k = 0; k < count; ++k) rows.push_back(pullback(with_elements<S>(y, axis(count, k).data())));
        return result(y);
    }
    const auto along = [&](std::size_t k) {
        return scalar_jvp<S>(f, x, with_elements<S>(x, axis(columns, k).data()));
    };
    const auto [y, first] = along(0);
    std::vector<std::vector<S>> matrix{elements_of<S>(first)};
    for (std::size_t k = 1; k < columns; ++k) matrix.push_back(elements_of<S>(along(k).second));
    for (std::size_t i = 0; i < matrix[0].size(); ++i) {
        std::vector<S> row;
        for (const auto& column : matrix) row.push_back(column[i]);
        rows.push_back(with_elements<S>(x, row.data()));
    }
    return result(y);
}

}  // namespace cotangent::detail
