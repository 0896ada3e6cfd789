#include "cotangent/grad/checkpoint.hpp"

#include <unordered_set>

#include "cotangent/tensor/ops.hpp"

namespace cotangent::detail {
namespace {

struct Checkpoint {
    static constexpr const char* name = "checkpoint";
    static constexpr Keep keep = Keep::inputs;
    Composition f;
    void vjp(const Call& call) const { composed_vjp(call, f); }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return composed_jvp(call, f); }
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

std::vector<Tensor> record_checkpoint(Composition f, std::uint64_t first, std::vector<Tensor> outputs,
                                      std::vector<Tensor> inputs) {
    if (depends_on_older(outputs, first))
        throw ValueError("checkpoint: the function uses a tensor that is being differentiated and is not an argument");
    for (Tensor& output : outputs) output = output.detached();
    record_outputs(Checkpoint{std::move(f)}, outputs, inputs);
    return outputs;
}

}  // namespace cotangent::detail
