#pragma once
#include <cmath>

#include "cotangent/nn/update.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace cotangent::nn {

struct AdamOptions {
    Setting lr = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;        ///< Adam: added to the gradient; AdamW: p shrinks by lr * weight_decay
    bool decoupled_decay = false;   ///< true: AdamW. @source Loshchilov, Hutter 2017, arXiv:1711.05101
};

/// m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;  p -= lr m^ / (sqrt(v^) + epsilon),  ^ correcting the start.
/// @source Kingma, Ba 2014, arXiv:1412.6980
template <class Model>
struct Adam {
    AdamOptions options;
    Model mean, square;  ///< the moments
    Count step = 0;

    [[nodiscard]] static Adam init(const Model& model, const AdamOptions& options) {
        return {options, zeros_like(model), zeros_like(model), 0};
    }
    /// model -= the step, in place. Set `options.lr` between steps to follow a schedule.
    void update(Model& model, const Model& gradient) {
        ++step;
        const double beta1 = options.beta1, beta2 = options.beta2, epsilon = options.epsilon;
        const auto mean_share = [](std::int64_t t, const double* given) { return 1 - std::pow(given[0], t); };
        const auto correction = [](std::int64_t t, const double* given) { return 1 / std::sqrt(1 - std::pow(given[0], t)); };
        const detail::Numbers<3> numbers{cotangent::detail::number_of(options.lr),
                                         cotangent::detail::number_of("adam_mean_share", step, mean_share, {beta1}),
                                         cotangent::detail::number_of("adam_correction", step, correction, {beta2})};
        const double added = options.decoupled_decay ? 0 : options.weight_decay;
        const double decay = options.decoupled_decay ? options.weight_decay : 0;
        detail::update_tree(
            [=](const std::array<double, 3>& given, auto& p, auto g, auto& m, auto& v) {
                const auto [lr, share, corrected] = given;
                const double rate = lr / share, kept = 1 - lr * decay;
                const auto d = g + added * p;
                m += (1 - beta1) * (d - m);
                v = beta2 * v + (1 - beta2) * d * d;
                p = kept * p - rate * m / (sqrt(v) * corrected + epsilon);
            },
            numbers, model, gradient, mean, square);
    }
};

/// Adam with decoupled weight decay.
template <class Model>
[[nodiscard]] Adam<Model> adam_w(const Model& model, AdamOptions options) {
    options.decoupled_decay = true;
    return Adam<Model>::init(model, options);
}

}  // namespace cotangent::nn
