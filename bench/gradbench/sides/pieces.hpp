#pragma once
// The gradient of a long loop, compiled piece by piece: forward through all pieces, keeping the state between them, then
// backward through each, which runs it again. A piece is recorded once and replayed, so the graph and what a piece keeps
// stay small however long the loop is.
#include <utility>
#include <vector>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::gradbench {

/// The numbers of a tree of float64 tensors, in order.
template <class Tree>
[[nodiscard]] std::vector<double> numbers_in(const Tree& tree) {
    std::vector<double> flat;
    for (const Tensor& part : leaves(tree)) {
        const auto values = part.template to_vector<double>();
        flat.insert(flat.end(), values.begin(), values.end());
    }
    return flat;
}

/// The cotangent of the state before a piece, and the gradient so far.
template <class State, class Parameters>
struct Backward {
    State cotangent;
    Parameters gradient;
};

/// advance(state, parameters, input of a piece) is the state after it.
template <class State, class Parameters, class Input>
class Pieces {
public:
    using Advance = State (*)(State, const Parameters&, const Input&);

    explicit Pieces(Advance advance) : forward_(advance), backward_({advance}) {}

    /// The gradient of <seed, last state> by the parameters.
    Parameters gradient(const State& start, const Parameters& x, const std::vector<Input>& inputs, const State& seed) {
        std::vector<State> states{start};
        for (std::size_t k = 0; k + 1 < inputs.size(); ++k) states.push_back(forward_(states.back(), x, inputs[k]));
        Backward<State, Parameters> at{seed, zeros_like(x)};
        for (std::size_t k = states.size(); k-- > 0;) at = backward_(states[k], x, inputs[k], at);
        return at.gradient;
    }

private:
    struct GoBack {
        Advance advance;
        Backward<State, Parameters> operator()(const State& at, const Parameters& x, const Input& input,
                                               const Backward<State, Parameters>& after) const {
            const auto f = [&](const std::pair<State, Parameters>& in) { return advance(in.first, in.second, input); };
            auto [cotangent, gradient] = vjp(f, std::pair{at, x}).second(after.cotangent);
            axpy(1, after.gradient, gradient);
            return {std::move(cotangent), std::move(gradient)};
        }
    };
    Compiled<Advance> forward_;
    Compiled<GoBack> backward_;
};

}  // namespace cotangent::gradbench
