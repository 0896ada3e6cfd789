#pragma once
#include "cotangent/nn/update.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

struct SgdOptions {
    Setting lr = 0.01;
    double momentum = 0;
    bool nesterov = false;
    double weight_decay = 0;  ///< added to the gradient, times the parameter
};

/// Stochastic gradient descent:  v = momentum v + g;  p -= lr v  (Nesterov: p -= lr (g + momentum v)).
/// @source Sutskever et al. 2013, in PyTorch's form
template <class Model>
struct Sgd {
    SgdOptions options;
    Model velocity;

    [[nodiscard]] static Sgd init(const Model& model, const SgdOptions& options) {
        return {options, zeros_like(model)};
    }
    /// model -= the step, in place. Set `options.lr` between steps to follow a schedule.
    void update(Model& model, const Model& gradient) {
        const double momentum = options.momentum, decay = options.weight_decay;
        const detail::Numbers<1> numbers{cotangent::detail::number_of(options.lr)};
        if (momentum == 0)
            return detail::update_tree([=](const auto& lr, auto& p, auto g) { p -= lr[0] * (g + decay * p); }, numbers, model, gradient);
        const bool nesterov = options.nesterov;
        detail::update_tree(
            [=](const auto& lr, auto& p, auto g, auto& v) {
                const auto d = g + decay * p;
                v = momentum * v + d;
                p -= lr[0] * (nesterov ? d + momentum * v : v);
            },
            numbers, model, gradient, velocity);
    }
};

}  // namespace cotangent::nn
