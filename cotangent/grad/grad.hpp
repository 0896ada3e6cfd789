#pragma once
// Functions of functions. What is differentiated is an argument: grad(f)(model, batch) is a Model, holding the derivative
// of the scalar f(model, batch) with respect to each tensor in the model; or with respect to each number, of a number, a
// container of them, or a struct that is a template over its scalar. Plain numbers in a struct of tensors are settings: they
// are constants, 0 in the gradient. Everything nests to any order.
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cotangent/grad/checkpoint.hpp"
#include "cotangent/grad/custom_gradient.hpp"
#include "cotangent/grad/mixed_jacobian.hpp"
#include "cotangent/grad/number_functions.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent {
namespace detail {

/// Is X something to differentiate with respect to?
template <class X>
consteval bool check_argument() {
    static_assert(
        has_scalars<X> || has_leaves<X>,
        "derivative: this argument cannot be differentiated; expected a Tensor, a float or double, a std::array, vector, "
        "optional, pair or tuple of those, or a plain struct");
    static_assert(has_scalars<X> || has_tensors<X> || !has_leaves<X>,
                  "derivative: the numbers of this struct cannot be replaced; make it a template over its scalar type, or its "
                  "members Tensors");
    return has_scalars<X> || has_tensors<X>;
}

/// Does a function that returns Y return something that can have a derivative?
template <class Y>
consteval bool returns_something() {
    using Plain = std::remove_cvref_t<Y>;
    constexpr bool does = [] {
        if constexpr (std::is_void_v<Y>) return false;
        else return has_scalars<Plain> || !std::is_class_v<Plain> || kind_of<Plain> != Kind::other;
    }();
    static_assert(does, "derivative: the function returns nothing that has a derivative, expected a number, a Tensor, or a tree of them");
    return does;
}

template <class Y>
struct DifferentiatedPart {
    using type = Y;
};
template <class A, class B>
struct DifferentiatedPart<std::pair<A, B>> {
    using type = A;  // what stands beside it is handed back
};
/// Is Y, the result of a function of numbers D, not of numbers of another derivative?
template <class Y, class D>
consteval bool is_of_one_derivative() {
    constexpr bool other = OfTwoDerivatives<scalar_of<typename DifferentiatedPart<std::remove_cvref_t<Y>>::type>, D>;
    if constexpr (other) refuse_two_derivatives<std::conditional_t<other, void, Y>>();
    return !other;
}

/// Can f be called with the numbers of a derivative?
template <class F, class D, class X, class... Rest>
consteval bool takes_numbers() {
    constexpr bool takes = std::is_invocable_v<const F&, const rebuilt<X, ChangeTo<D>>&, Rest...>;
    static_assert(takes, "derivative: f cannot be called with these arguments; numbers of a derivative are no doubles but Real or Dual: "
                         "take them as auto, or in a template");
    if constexpr (!takes) {
        return false;
    } else {
        using Y = std::invoke_result_t<const F&, const rebuilt<X, ChangeTo<D>>&, Rest...>;
        return returns_something<Y>() && is_of_one_derivative<Y, D>();
    }
}

/// Is it what grad() differentiates: a Tensor, a number, or a pair of one and anything?
template <class Y>
consteval bool is_one_number() {
    constexpr bool is = [] {
        if constexpr (is_pair<std::remove_cvref_t<Y>>) return std::is_same_v<typename std::remove_cvref_t<Y>::first_type, Tensor>;
        else return std::is_convertible_v<Y, Tensor>;
    }();
    static_assert(is, "grad: the function returns something else than one number; use vjp() or jacobian()");
    return is;
}
}  // namespace detail

/// What grad() may vary.
struct GradOptions {
    Independent independent = Independent::allow;
    /// How numbers are differentiated: by a tape; except that up to 24, known when compiled, go forward all at once unless this
    /// is reverse, or a result that depends on nothing is to be refused, which dual numbers do not tell. A vector has a tape.
    Mode mode = Mode::automatic;
};

/// The value and the gradient of f with respect to its first argument: a Tensor, a number, or a tree of them. Other
/// arguments are passed on untouched (an lvalue as an lvalue, so f may update state that it is given).
///
///     auto [value, gradient] = value_and_grad(loss)(model, batch);
///     auto [y, dy] = value_and_grad([](auto x) { return x * sin(x); })(0.5);
///
/// Numbers, float or double, are differentiated in generic code: f is called with the argument rebuilt of Real or Dual
/// numbers. In a struct that means a struct that is a template over its scalar; scalars.hpp has the rules.
///
/// @param f  returns one number, or a Tensor of one element; or a pair of it and anything else, handed back beside the value
/// @return   a function of the same arguments returning pair{value, gradient}; gradient has the type of the argument
/// @throws ShapeError  f returned more than one element
/// @throws ValueError  f uses a variable of a function that is differentiated further out, and not as an argument; or a number or
///                     tensor of this derivative went through another thread, so that its derivative would be lost; or the result
///                     does not depend on the argument, and options say to refuse that
template <class F>
[[nodiscard]] auto value_and_grad(F f, GradOptions options = {}) {
    return [f = std::move(f), options]<class X, class... Rest>(const X& x, Rest&&... rest) {
        if constexpr (!detail::check_argument<X>()) {
            return std::pair{x, x};  // after the error
        } else if constexpr (detail::has_scalars<X>) {
            using S = detail::deepest_of<X, Rest...>;
            const auto deep = detail::with_scalar<S>(x);
            using Deep = std::remove_cvref_t<decltype(deep)>;
            if constexpr (!detail::takes_numbers<F, Real<S>, Deep, Rest&&...>()) {
                return std::pair{x, x};  // after the error
            } else {
                constexpr int count = detail::scalar_count<Deep>();
                if constexpr (sizeof...(Rest) == 0 && std::is_floating_point_v<S> && count > 0 &&
                              count <= detail::most_forward && !detail::has_tensors<Deep>) {
                    using Lifted = detail::rebuilt<Deep, detail::ChangeTo<Dual<S, Tangents<S, count>>>>;
                    if constexpr (std::is_invocable_v<const F&, const Lifted&>) {
                        using Y = std::invoke_result_t<const F&, const Lifted&>;
                        if constexpr (detail::is_of_one_derivative<Y, detail::scalar_of<Lifted>>())
                            if (options.mode != Mode::reverse && options.independent == Independent::allow)
                                return detail::forward_value_and_grad<S, count>(f, deep);
                    }
                }
                return detail::reverse_value_and_grad<S>(f, deep, options.independent, std::forward<Rest>(rest)...);
            }
        } else if constexpr (!std::is_invocable_v<const F&, const X&, Rest&&...>) {
            static_assert(!std::is_same_v<X, X>, "grad: f cannot be called with these arguments");
            return std::pair{x, x};  // after the error
        } else if constexpr (!detail::is_one_number<std::invoke_result_t<const F&, const X&, Rest&&...>>()) {
            return std::pair{x, x};  // after the error
        } else {
            std::vector<Tensor> variables;
            auto value = [&] {
                const detail::Differentiating differentiating;
                const X watched = detail::watch_tree(x, variables);
                return f(watched, std::forward<Rest>(rest)...);
            }();
            const auto records = detail::Differentiating::depth() > 0 ? detail::Records::keep : detail::Records::consume;
            const auto gradient_of = [&](const Tensor& output) {
                detail::check_scalar("grad", output);
                if (options.independent == Independent::refuse) detail::check_depends("grad", output, variables);
                const Tensor one = full(output.shape(), 1, output.dtype());
                return detail::fill_tree(x, detail::pull({&output, 1}, {&one, 1}, variables, records));
            };
            if constexpr (detail::is_pair<decltype(value)>) {
                X gradient = gradient_of(value.first);
                return std::pair{std::pair{detail::leave(value.first), std::move(value.second)}, std::move(gradient)};
            } else {
                detail::warn_independent<detail::are_plain_numbers<decltype(value)>()>();
                const Tensor output = value;
                X gradient = gradient_of(output);
                return std::pair<Tensor, X>{detail::leave(output), std::move(gradient)};
            }
        }
    };
}

/// The gradient alone. grad(grad(f)) is the second derivative of a scalar function of a scalar.
template <class F>
[[nodiscard]] auto grad(F f, GradOptions options = {}) {
    return [f = value_and_grad(std::move(f), options)]<class X, class... Rest>(const X& x, Rest&&... rest) {
        return f(x, std::forward<Rest>(rest)...).second;
    };
}

/// The value of f(x) and its pullback: a function from a cotangent (a tree like the value) to the cotangent of x
/// (a tree like x). The pullback may be called any number of times.
///     auto [y, pullback] = vjp(f, x);     // J(x)^T u  =  pullback(u)
/// @throws ValueError  as value_and_grad() does, of tensors when the pullback is called
template <class F, class X>
[[nodiscard]] auto vjp(const F& f, const X& x) {
    if constexpr (!detail::check_argument<X>()) {
        return std::pair{x, [x](const auto&) { return x; }};  // after the error
    } else if constexpr (detail::has_scalars<X>) {
        using S = detail::scalar_of<X>;
        if constexpr (detail::takes_numbers<F, Real<S>, X>()) return detail::scalar_vjp<S>(f, x);
        else return std::pair{x, [x](const auto&) { return x; }};
    } else if constexpr (!detail::returns_something<decltype(f(std::declval<X>()))>()) {
        return std::pair{x, [x](const auto&) { return x; }};  // after the error
    } else {
        std::vector<Tensor> variables;
        const auto recorded = [&] {
            const detail::Differentiating differentiating;
            return f(detail::watch_tree(x, variables));
        }();
        using Y = std::remove_cvref_t<decltype(recorded)>;
        detail::warn_independent<detail::are_plain_numbers<Y>()>();
        auto pullback = [x, variables, recorded](const Y& cotangent) {
            return detail::fill_tree(x, detail::pull(detail::differentiable_leaves(recorded),
                                                     detail::differentiable_leaves(cotangent), variables));
        };
        return std::pair{detail::leave(recorded), std::move(pullback)};
    }
}

/// The value of f(x) and its derivative along `tangent` (a tree like x): tensors by a forward walk with each op's own rule,
/// numbers as dual numbers.
///     auto [y, dy] = jvp(f, x, v);        // dy  =  J(x) v
/// @throws ValueError  a variable further out, or a tensor that went through another thread, as value_and_grad() does
template <class F, class X, class V = X>
[[nodiscard]] auto jvp(const F& f, const X& x, const V& tangent) {
    static_assert(std::is_same_v<X, V>, "jvp: the tangent is of another type than the argument");
    if constexpr (!std::is_same_v<X, V> || !detail::check_argument<X>()) {
        return std::pair{x, x};  // after the error
    } else if constexpr (detail::has_scalars<X>) {
        using S = detail::scalar_of<X>;
        if constexpr (detail::takes_numbers<F, Dual<S>, X>()) return detail::scalar_jvp<S>(f, x, tangent);
        else return std::pair{x, x};
    } else if constexpr (!detail::returns_something<decltype(f(std::declval<X>()))>()) {
        return std::pair{x, x};  // after the error
    } else {
        std::vector<Tensor> variables;
        const auto recorded = [&] {
            const detail::Differentiating differentiating;
            return f(detail::watch_tree(x, variables));
        }();
        detail::warn_independent<detail::are_plain_numbers<std::remove_cvref_t<decltype(recorded)>>()>();
        auto dy = detail::fill_tree(recorded, detail::push(variables, detail::differentiable_leaves(tangent),
                                                           detail::differentiable_leaves(recorded)));
        return std::pair{detail::leave(recorded), std::move(dy)};
    }
}

/// The Hessian of the scalar f at x times v, without forming it: forward over reverse, the cost of a few gradients.
template <class F, class X, class V = X>
[[nodiscard]] X hvp(const F& f, const X& x, const V& v) {
    static_assert(std::is_same_v<X, V>, "hvp: the vector is of another type than the argument");
    if constexpr (!std::is_same_v<X, V>) return x;  // after the error
    else if constexpr (detail::check_argument<X>()) return jvp(grad(f), x, v).second;
    else return x;
}

namespace detail {
/// Of each output, in order, by each variable: shape of the output + shape of the variable.
[[nodiscard]] std::vector<std::vector<Tensor>> jacobian_blocks(std::span<const Tensor> variables, std::span<const Tensor> outputs,
                                                               bool forward);
}  // namespace detail

/// A function returning the Jacobian of f.
///
/// From a Tensor to a Tensor, it has shape f(x).shape + x.shape. From a tree of tensors to a Tensor, it is a tree like x, each
/// tensor of the shape f(x).shape + its own; to a tree, a std::vector of such, one for each tensor of f(x) in order. Reverse mode
/// (here the automatic one) walks once per element of f(x), forward mode once per element of x.
///
/// From numbers to numbers, it is f(x) with each number replaced by its gradient, a tree like x: of a std::array<double, 3>
/// to a std::vector<double>, a std::vector<std::array<double, 3>>; of a double to a double, a double. Forward mode runs f
/// once for some 8 columns, or for all where up to 32 are known when compiled; reverse mode sweeps once a row. Beyond 32
/// columns, or where only a run tells how many there are, the automatic mode runs f once more, on plain numbers, to count the rows.
///
/// Where the argument or the result mixes numbers and tensors, it is a std::vector of trees like x, one for each number and each
/// element of a tensor of f(x), in order; of a function of one number, that tree alone. Reverse mode, here the automatic one,
/// walks once a row, forward mode once a column.
template <class F>
[[nodiscard]] auto jacobian(F f, Mode mode = Mode::automatic) {
    return [f = std::move(f), mode]<class X>(const X& x) {
        if constexpr (!detail::check_argument<X>()) {
            return x;  // after the error
        } else if constexpr (detail::has_scalars<X>) {
            using S = detail::scalar_of<X>;
            if constexpr (!detail::takes_numbers<F, Real<S>, X>()) {
                return x;  // after the error
            } else {
                using Y = std::remove_cvref_t<std::invoke_result_t<const F&, const detail::rebuilt<X, detail::ChangeTo<Real<S>>>&>>;
                if constexpr (detail::has_tensors<X> || detail::has_tensors<Y>) return detail::mixed_jacobian<S>(f, x, mode);
                else return detail::scalar_jacobian<S>(f, x, mode);
            }
        } else if constexpr (!detail::returns_something<decltype(f(std::declval<X>()))>()) {
            return x;  // after the error
        } else {
            std::vector<Tensor> variables;
            const auto y = [&] {
                const detail::Differentiating differentiating;
                detail::warn_independent<detail::are_plain_numbers<decltype(f(x))>()>();
                if constexpr (std::is_arithmetic_v<decltype(f(x))>) return Tensor(f(detail::watch_tree(x, variables)));
                else return f(detail::watch_tree(x, variables));
            }();
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Tensor>) detail::check_floating("jacobian", y);
            const auto outputs = detail::differentiable_leaves(y);
            const auto blocks = detail::jacobian_blocks(variables, outputs, mode == Mode::forward);
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Tensor>) {
                return detail::fill_tree(x, blocks.at(0));
            } else {
                std::vector<X> rows;
                for (const auto& block : blocks) rows.push_back(detail::fill_tree(x, block));
                return rows;
            }
        }
    };
}

/// A function returning the Hessian of the scalar f: of a Tensor, shape x.shape + x.shape; of a tree of tensors, a std::vector of
/// trees like x, the derivatives of the gradient's tensors in order; of numbers, a tree like x with each number replaced by a
/// tree like x; of numbers and tensors, a std::vector of trees like x, the derivatives of the gradient's numbers and elements in
/// order. Forward over reverse.
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
