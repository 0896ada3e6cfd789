#include "cotangent/tensor/composed.hpp"

namespace cotangent::detail {
namespace {

struct Recorded {
    std::vector<Tensor> variables;  // the floating inputs
    Tensor output;
    Recorded(const Call& call, const Composition& f) {
        const Differentiating differentiating;
        std::vector<Tensor> inputs;
        for (int i = 0; i < call.input_count(); ++i) {
            const bool floating = is_floating(call.input(i).dtype());
            inputs.push_back(floating ? watch(call.input(i)) : call.input(i));
            if (floating) variables.push_back(inputs.back());
        }
        output = f(inputs);
    }
};

}  // namespace

void composed_vjp(const Call& call, const Composition& f) {
    const Recorded recorded(call, f);
    const std::vector<Tensor> cotangents = pull({&recorded.output, 1}, {&call.cotangent(), 1}, recorded.variables);
    for (int i = 0, next = 0; i < call.input_count(); ++i)
        if (is_floating(call.input(i).dtype())) call.give(i, cotangents[static_cast<std::size_t>(next++)]);
}

Tensor composed_jvp(const Call& call, const Composition& f) {
    const Recorded recorded(call, f);
    std::vector<Tensor> tangents;
    for (int i = 0; i < call.input_count(); ++i)
        if (is_floating(call.input(i).dtype())) tangents.push_back(call.tangent(i));
    return push(recorded.variables, tangents, {&recorded.output, 1})[0];
}

}  // namespace cotangent::detail
