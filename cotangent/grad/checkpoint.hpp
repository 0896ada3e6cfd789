#pragma once
// Trading time for memory: nothing inside the function is kept; the backward walk runs it again.
#include <functional>
#include <vector>

#include "cotangent/tensor/record.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent {
namespace detail {

using LeavesFunction = std::function<std::vector<Tensor>(std::span<const Tensor>)>;
/// `outputs` = f(inputs) as one record. `first` is an id from before f ran on detached inputs: an older record under the
/// outputs is a tensor that came in by another way.
/// @throws ValueError  the outputs depend on a tensor that is being differentiated and is not an input
[[nodiscard]] std::vector<Tensor> record_checkpoint(LeavesFunction f, std::uint64_t first, std::vector<Tensor> outputs,
                                                    std::vector<Tensor> inputs);

template <class Tree>
Tree detach_tree(const Tree& tree) {
    return map_tree(
        []<class Leaf>(const Leaf& leaf) -> Leaf {
            if constexpr (std::is_same_v<Leaf, Tensor>) return leaf.detached();
            else return leaf;
        },
        tree);
}

}  // namespace detail

/// f, of trees to a tree, with the same values and derivatives, remembering only its arguments. f must compute the same
/// each time, and take every tensor that is to be differentiated as an argument.
/// @source Griewank 1992, doi:10.1080/10556789208805505
template <class F>
[[nodiscard]] auto checkpoint(F f) {
    return [f = std::move(f)]<class... X>(const X&... x) {
        using Y = std::remove_cvref_t<decltype(f(x...))>;
        if (!detail::is_recording()) return Y(f(x...));
        std::vector<Tensor> inputs;
        const auto append = [&](const auto& tree) {
            for (Tensor& leaf : leaves(tree)) inputs.push_back(std::move(leaf));
        };
        (append(x), ...);
        auto run_again = [f, arguments = std::tuple<X...>(detail::detach_tree(x)...)](std::span<const Tensor> values) {
            const auto take = [&](const auto& tree) {
                const std::size_t count = leaves(tree).size();
                auto result = with_leaves(tree, values.first(count));
                values = values.subspan(count);
                return result;
            };
            return std::apply(
                [&](const auto&... tree) {
                    std::tuple<X...> replaced{take(tree)...};  // braces: left to right
                    return leaves(std::apply(f, replaced));
                },
                arguments);
        };
        const std::uint64_t first = detail::next_id();
        const Y y = f(detail::detach_tree(x)...);
        return with_leaves(y, detail::record_checkpoint(std::move(run_again), first, leaves(y), std::move(inputs)));
    };
}

}  // namespace cotangent
