#include "cotangent/tensor/composed.hpp"

namespace cotangent::detail {
namespace {

/// f's record on aliases of the inputs whose derivatives are in use.
struct Rerun {
    std::vector<int> active;
    std::vector<Tensor> variables, outputs;
    Rerun(const Call& call, const Composition& f) {
        const Differentiating differentiating;
        std::vector<Tensor> inputs;
        for (int i = 0; i < call.input_count(); ++i) {
            inputs.push_back(call.wants(i) ? watch(call.input(i)) : call.input(i));
            if (!call.wants(i)) continue;
            active.push_back(i);
            variables.push_back(inputs.back());
        }
        outputs = f(inputs);
    }
};

}  // namespace

void composed_vjp(const Call& call, const Composition& f) {
    const Rerun rerun(call, f);
    std::vector<Tensor> outputs, cotangents;
    for (std::size_t k = 0; k < rerun.outputs.size(); ++k) {
        const Tensor& cotangent = call.cotangent(static_cast<int>(k));
        if (!cotangent.has_storage()) continue;
        outputs.push_back(rerun.outputs[k]);
        cotangents.push_back(cotangent);
    }
    const std::vector<Tensor> derivatives = pull(outputs, cotangents, rerun.variables);
    for (std::size_t k = 0; k < derivatives.size(); ++k) call.give(rerun.active[k], derivatives[k]);
}

std::vector<Tensor> composed_jvp(const Call& call, const Composition& f) {
    const Rerun rerun(call, f);
    std::vector<Tensor> tangents;
    for (const int i : rerun.active) tangents.push_back(call.tangent(i));
    return push(rerun.variables, tangents, rerun.outputs);
}

}  // namespace cotangent::detail
