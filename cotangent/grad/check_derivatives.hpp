#pragma once
// One line tests the derivatives of a function: check_derivatives(f, x, y). It throws ct::Error with a sentence that says
// which check failed, by how much and where.
#include <functional>
#include <vector>

#include "cotangent/tree/tree.hpp"

namespace cotangent {

struct CheckOptions {
    double tolerance = 1e-6;         ///< relative, of first derivatives against differences
    double second_tolerance = 1e-5;  ///< relative, of second derivatives against differences of first ones
    double single_tolerance = 1e-4;  ///< relative, of the float32 value against the float64 one; 0 skips it
    double step = 1e-4;              ///< of the fourth-order central differences
    bool second_order = true;
};

namespace detail {

using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// At float64 arguments x:
///   value    f of float32 arguments agrees with f; f of the same numbers at an offset inside larger memory is identical
///   first    jvp agrees with fourth-order central differences; vjp is the transpose of jvp
///   second   the derivative of the vjp, taken forward over reverse, agrees with differences of the vjp;
///            reverse over reverse and forward over forward agree with it
void check_tensor_derivatives(const TensorFunction& f, const std::vector<Tensor>& x, const CheckOptions& options);

}  // namespace detail

/// Checks f(x...), which takes trees of float64 tensors and returns a tree of tensors. See detail for what is checked.
template <class F, class... X>
void check_derivatives_with(const CheckOptions& options, const F& f, const X&... x) {
    std::vector<Tensor> all;
    const auto append = [&](const auto& tree) {
        for (Tensor& leaf : leaves(tree)) all.push_back(std::move(leaf));
    };
    (append(x), ...);
    detail::check_tensor_derivatives(
        [&](const std::vector<Tensor>& values) {
            std::span<const Tensor> rest = values;
            const auto take = [&](const auto& tree) {
                const std::size_t count = leaves(tree).size();
                auto result = with_leaves(tree, rest.first(count));
                rest = rest.subspan(count);
                return result;
            };
            std::tuple<X...> arguments{take(x)...};  // braces: left to right
            return leaves(std::apply(f, arguments));
        },
        all, options);
}

template <class F, class... X>
void check_derivatives(const F& f, const X&... x) {
    check_derivatives_with({}, f, x...);
}

}  // namespace cotangent
