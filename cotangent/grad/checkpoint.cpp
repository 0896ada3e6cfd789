#include "cotangent/grad/checkpoint.hpp"

#include <unordered_set>

#include "cotangent/tensor/ops.hpp"

namespace cotangent::detail {
namespace {

struct Checkpoint {
    static constexpr const char* name = "checkpoint";
    static constexpr Keep keep = Keep::inputs;
    LeavesFunction f;

    void vjp(const Call& call) const {
        auto [variables, outputs] = run(call);
        std::vector<Tensor> recorded, cotangents;
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            const Tensor& cotangent = call.cotangent(static_cast<int>(k));
            if (!outputs[k].node() || !cotangent.has_storage()) continue;
            recorded.push_back(outputs[k]);
            cotangents.push_back(cotangent);
        }
        const std::vector<Tensor> gradients = pull(recorded, cotangents, variables);
        for (int i = 0, next = 0; i < call.input_count(); ++i)
            if (is_floating(call.input(i).dtype())) call.give(i, gradients[static_cast<std::size_t>(next++)]);
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const {
        auto [variables, outputs] = run(call);
        std::vector<Tensor> tangents;
        for (int i = 0; i < call.input_count(); ++i)
            if (is_floating(call.input(i).dtype())) tangents.push_back(call.tangent(i));
        return push(variables, tangents, outputs);
    }

private:
    [[nodiscard]] std::pair<std::vector<Tensor>, std::vector<Tensor>> run(const Call& call) const {
        const Differentiating differentiating;
        std::vector<Tensor> values, variables;
        for (int i = 0; i < call.input_count(); ++i) {
            const bool floating = is_floating(call.input(i).dtype());
            values.push_back(floating ? watch(call.input(i)) : call.input(i));
            if (floating) variables.push_back(values.back());
        }
        return {variables, f(values)};
    }
};

/// Does a record older than `first` lie under these tensors?
bool depends_on_older(const std::vector<Tensor>& outputs, std::uint64_t first) {
    std::vector<const Node*> open;
    std::unordered_set<const Node*> seen;
    for (const Tensor& output : outputs)
        if (output.node()) open.push_back(output.node());
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        if (node->id < first) return true;
        if (!seen.insert(node).second) continue;
        for (std::uint32_t i = 0; i < node->input_count; ++i)
            if (node->inputs[i].node()) open.push_back(node->inputs[i].node());
    }
    return false;
}

}  // namespace

void check_not_recorded(const Tensor& tensor) {
    if (tensor.node())
        throw ValueError(
            "checkpoint: the arguments hold numbers and a tensor that is being differentiated, expected either");
}

std::vector<Tensor> record_checkpoint(LeavesFunction f, std::uint64_t first, std::vector<Tensor> outputs,
                                      std::vector<Tensor> inputs) {
    if (depends_on_older(outputs, first))
        throw ValueError("checkpoint: the function uses a tensor that is being differentiated and is not an argument");
    for (Tensor& output : outputs) output = output.detached();
    record_outputs(Checkpoint{std::move(f)}, outputs, inputs);
    return outputs;
}

}  // namespace cotangent::detail
