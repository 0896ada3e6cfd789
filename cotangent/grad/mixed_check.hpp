#pragma once
// For the tests of numbers and tensors together: a model that holds both, and losses of it; a function of numbers that goes
// through tensors, and the same without them.
#include <cmath>
#include <vector>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace cotangent::testing {

template <class T>
struct Model {
    Tensor weights;
    T scale;
    std::vector<T> offsets;
};
inline Model<double> some_model() { return {Tensor::of<double>({{0.5, -0.2}, {0.1, 0.7}}), 1.3, {0.2, -0.4}}; }
inline Tensor some_points() { return Tensor::of<double>({{1, 2}, {-1, 0.5}, {0.3, 0.3}}); }
/// All that is differentiated, in order: weights, scale, offsets.
inline constexpr std::size_t element_count = 4 + 1 + 2;
inline double& element(Model<double>& m, std::size_t k) {
    return k < 4 ? m.weights.mutable_values<double>()[k] : k == 4 ? m.scale : m.offsets[k - 5];
}

struct ModelLoss {
    template <class T>
    Tensor operator()(const Model<T>& model, const Tensor& x) const {
        return sum(tanh(matmul(x, model.weights) * model.scale + to_tensor(model.offsets)));
    }
};
struct ScalarModelLoss {
    template <class T>
    T operator()(const Model<T>& model, const Tensor& x) const {
        return to_scalar<T>(ModelLoss()(model, x)) * model.scale;
    }
};

/// Numbers to tensors to numbers, twice, with numbers beside: sum(exp(v) v) x0 + sum(w^2), w = that sum times v.
struct Energy {
    template <class T>
    T operator()(const std::vector<T>& x) const {
        const Tensor v = to_tensor(x);
        const T s = to_scalar<T>(sum(exp(v) * v));
        const Tensor w = to_tensor(std::vector<T>{s, x[1]});
        return s * x[0] + to_scalar<T>(sum(w * w)) * T(0.01);
    }
};
struct PlainEnergy {
    template <class T>
    T operator()(const std::vector<T>& x) const {
        using std::exp;
        T s = 0;
        for (const T& v : x) s += exp(v) * v;
        return s * x[0] + (s * s + x[1] * x[1]) * T(0.01);
    }
};

}  // namespace cotangent::testing
