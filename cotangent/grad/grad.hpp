#pragma once
// Functions of functions. What is differentiated is an argument: grad(f)(model, batch) is a Model, holding the derivative
// of the scalar f(model, batch) with respect to each tensor in the model. Everything nests to any order.
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cotangent/grad/checkpoint.hpp"
#include "cotangent/grad/custom_gradient.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent {
namespace detail {

void check_scalar(const char* what, const Tensor& value);
/// Is this leaf one that can be differentiated: of a floating dtype?
inline bool is_differentiable(const Tensor& leaf) { return is_floating(leaf.dtype()); }

/// `tree` with each floating tensor replaced by a variable, and the variables in order.
template <class Tree>
Tree watch_tree(const Tree& tree, std::vector<Tensor>& variables) {
    return map_tree(
        [&]<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) {
                if (!is_differentiable(leaf)) return leaf;
                return variables.emplace_back(watch(leaf));
            } else {
                return leaf;
            }
        },
        tree);
}

/// `like` with its floating tensors replaced by `values` in order and everything else by zero.
template <class Tree>
Tree fill_tree(const Tree& like, std::span<const Tensor> values) {
    std::size_t next = 0;
    return map_tree(
        [&]<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return is_differentiable(leaf) ? values[next++] : zeros_like(leaf);
            else return Leaf{};
        },
        like);
}

/// The floating tensors of a tree.
template <class Tree>
std::vector<Tensor> differentiable_leaves(const Tree& tree) {
    std::vector<Tensor> result;
    for_each_leaf(
        [&](const auto& leaf) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(leaf)>, Tensor>)
                if (is_differentiable(leaf)) result.push_back(leaf);
        },
        tree);
    return result;
}

/// A result as seen from outside: without its record, unless an outer function is still being differentiated.
template <class Tree>
Tree leave(const Tree& result) {
    return Differentiating::depth() > 0 ? result : detach_tree(result);
}

template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

}  // namespace detail

/// The value and the gradient of f with respect to its first argument, a tree; other arguments are passed on untouched
/// (an lvalue as an lvalue, so f may update state that it is given).
///
///     auto [value, gradient] = value_and_grad(loss)(model, batch);
///
/// @param f  returns a Tensor of one element; or a pair of it and anything else, which is handed back beside the value
/// @return   a function of the same arguments returning pair{value, gradient}; gradient has the type of the argument
/// @throws ShapeError  f returned more than one element
template <class F>
[[nodiscard]] auto value_and_grad(F f) {
    return [f = std::move(f)]<class X, class... Rest>(const X& x, Rest&&... rest) {
        static_assert(has_leaves<X>, "grad: the first argument holds no tensor to differentiate with respect to");
        static_assert(std::is_invocable_v<const F&, const X&, Rest&&...>, "grad: f cannot be called with these arguments");
        std::vector<Tensor> variables;
        auto value = [&] {
            const detail::Differentiating differentiating;
            const X watched = detail::watch_tree(x, variables);
            return f(watched, std::forward<Rest>(rest)...);
        }();
        const auto records = detail::Differentiating::depth() > 0 ? detail::Records::keep : detail::Records::consume;
        const auto gradient_of = [&](const Tensor& output) {
            detail::check_scalar("grad", output);
            const Tensor one = full(output.shape(), 1, output.dtype());
            return detail::fill_tree(x, detail::pull({&output, 1}, {&one, 1}, variables, records));
        };
        if constexpr (detail::is_pair<decltype(value)>) {
            X gradient = gradient_of(value.first);
            return std::pair{std::pair{detail::leave(value.first), std::move(value.second)}, std::move(gradient)};
        } else {
            const Tensor output = value;
            X gradient = gradient_of(output);
            return std::pair<Tensor, X>{detail::leave(output), std::move(gradient)};
        }
    };
}

/// The gradient alone. grad(grad(f)) is the second derivative of a scalar function of a scalar.
template <class F>
[[nodiscard]] auto grad(F f) {
    return [f = value_and_grad(std::move(f))]<class X, class... Rest>(const X& x, Rest&&... rest) {
        return f(x, std::forward<Rest>(rest)...).second;
    };
}

/// The value of f(x) and its pullback: a function from a cotangent (a tree like the value) to the cotangent of x
/// (a tree like x). The pullback may be called any number of times.
///     auto [y, pullback] = vjp(f, x);     // J(x)^T u  =  pullback(u)
template <class F, class X>
[[nodiscard]] auto vjp(const F& f, const X& x) {
    std::vector<Tensor> variables;
    const auto recorded = [&] {
        const detail::Differentiating differentiating;
        return f(detail::watch_tree(x, variables));
    }();
    using Y = std::remove_cvref_t<decltype(recorded)>;
    auto pullback = [x, variables, recorded](const Y& cotangent) {
        return detail::fill_tree(
            x, detail::pull(detail::differentiable_leaves(recorded), detail::differentiable_leaves(cotangent), variables));
    };
    return std::pair{detail::leave(recorded), std::move(pullback)};
}

/// The value of f(x) and its derivative along `tangent` (a tree like x), by a forward walk with each op's own rule.
///     auto [y, dy] = jvp(f, x, v);        // dy  =  J(x) v
template <class F, class X>
[[nodiscard]] auto jvp(const F& f, const X& x, const X& tangent) {
    std::vector<Tensor> variables;
    const auto recorded = [&] {
        const detail::Differentiating differentiating;
        return f(detail::watch_tree(x, variables));
    }();
    auto dy = detail::fill_tree(
        recorded, detail::push(variables, detail::differentiable_leaves(tangent), detail::differentiable_leaves(recorded)));
    return std::pair{detail::leave(recorded), std::move(dy)};
}

/// The Hessian of the scalar f at x times v, without forming it: forward over reverse, the cost of a few gradients.
template <class F, class X>
[[nodiscard]] X hvp(const F& f, const X& x, const X& v) {
    return jvp(grad(f), x, v).second;
}

enum class Mode : std::uint8_t { reverse, forward };

namespace detail {
[[nodiscard]] Tensor basis_vector(const Tensor& like, std::int64_t k);
/// rows[k], each of shape `inner`, stacked to outer + inner.
[[nodiscard]] Tensor stack_rows(const std::vector<Tensor>& rows, const Shape& outer, const Shape& inner, Dtype dtype);
/// columns[k], each of shape `outer`, as the last axes of outer + inner.
[[nodiscard]] Tensor stack_columns(const std::vector<Tensor>& columns, const Shape& outer, const Shape& inner, Dtype dtype);
}  // namespace detail

/// A function returning the Jacobian of f, from a Tensor to a Tensor, with shape f(x).shape + x.shape. Reverse mode
/// walks once per element of f(x), forward mode once per element of x.
template <class F>
[[nodiscard]] auto jacobian(F f, Mode mode = Mode::reverse) {
    return [f = std::move(f), mode](const Tensor& x) {
        std::vector<Tensor> variables;
        const Tensor y = [&] {
            const detail::Differentiating differentiating;
            return Tensor(f(detail::watch_tree(x, variables)));
        }();
        std::vector<Tensor> slices;
        if (mode == Mode::reverse) {
            for (std::int64_t k = 0; k < y.size(); ++k)
                slices.push_back(detail::pull({{y}}, {{detail::basis_vector(y, k)}}, variables)[0]);
            return detail::stack_rows(slices, y.shape(), x.shape(), x.dtype());
        }
        for (std::int64_t k = 0; k < x.size(); ++k)
            slices.push_back(detail::push(variables, {{detail::basis_vector(x, k)}}, {{y}})[0]);
        return detail::stack_columns(slices, y.shape(), x.shape(), y.dtype());
    };
}

/// A function returning the Hessian of the scalar f of a Tensor: shape x.shape + x.shape. Forward over reverse.
template <class F>
[[nodiscard]] auto hessian(F f) {
    return jacobian(grad(std::move(f)), Mode::forward);
}

/// The same values, constants to whoever differentiates.
template <class Tree>
[[nodiscard]] Tree stop_gradient(const Tree& tree) {
    return detail::detach_tree(tree);
}

}  // namespace cotangent
