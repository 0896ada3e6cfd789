#pragma once
#include "cotangent/nn/update.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

struct RmsPropOptions {
    Setting lr = 0.01;
    double decay = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;
    double weight_decay = 0;  ///< added to the gradient, times the parameter
};

/// v = decay v + (1-decay) g^2;  b = momentum b + g / (sqrt(v) + epsilon);  p -= lr b.
/// @source Tieleman, Hinton 2012, lecture 6.5, in PyTorch's form
template <class Model>
struct RmsProp {
    RmsPropOptions options;
    Model square, velocity;

    [[nodiscard]] static RmsProp init(const Model& model, const RmsPropOptions& options) {
        return {options, zeros_like(model), zeros_like(model)};
    }
    void update(Model& model, const Model& gradient) {
        const double decay = options.decay, epsilon = options.epsilon, momentum = options.momentum;
        const double weight_decay = options.weight_decay;
        const detail::Numbers<1> numbers{cotangent::detail::number_of(options.lr)};
        detail::update_tree(
            [=](const auto& lr, auto& p, auto g, auto& v, auto& b) {
                const auto d = g + weight_decay * p;
                v = decay * v + (1 - decay) * d * d;
                b = momentum * b + d / (sqrt(v) + epsilon);
                p -= lr[0] * b;
            },
            numbers, model, gradient, square, velocity);
    }
};

}  // namespace cotangent::nn
