#pragma once
// For the tests of numbers and tensors together: a model that holds both, and losses of it.
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

}  // namespace cotangent::testing
