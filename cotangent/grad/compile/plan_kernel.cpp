#include "cotangent/grad/compile/plan_kernel.hpp"

#include <algorithm>
#include <map>

namespace cotangent::detail {

bool is_arithmetic(const Graph& graph, const Instruction& instruction) {
    const Operation& operation = instruction.operation;
    if (operation.kind != Operation::Kind::elementwise || operand_count(operation.arithmetic) == 0) return false;
    if (instruction.outputs.size() != 1 || instruction.outputs[0] < 0) return false;
    const Dtype dtype = graph.value(instruction.outputs[0]).dtype;
    return (dtype == Dtype::float32 || dtype == Dtype::float64) &&
           std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                       [dtype](const Operand& x) { return x.dtype == dtype; });
}

GroupPlan plan_kernel(const Graph& graph, const std::vector<std::size_t>& group,
                      const std::function<bool(const Operand&)>& repeats, const std::function<bool(int)>& is_needed) {
    GroupPlan plan;
    std::map<int, int> made;  // the step that makes a value
    for (std::size_t s = 0; s < group.size(); ++s) made[graph.instructions[group[s]].outputs[0]] = static_cast<int>(s);
    std::map<std::string, int> numbered;  // inputs
    for (const std::size_t k : group)
        for (const Operand& x : graph.instructions[k].inputs) {
            if (made.contains(x.value) || !numbered.try_emplace(key_of(x), static_cast<int>(plan.inputs.size())).second)
                continue;
            plan.inputs.push_back(x);
            plan.kernel.repeats.push_back(repeats(x));
        }
    for (const std::size_t k : group) {
        const Instruction& instruction = graph.instructions[k];
        KernelPlan::Step& step = plan.kernel.steps.emplace_back();
        step.op = instruction.operation.arithmetic;
        for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
            const Operand& x = instruction.inputs[i];
            step.operands[i] =
                made.contains(x.value) ? static_cast<int>(plan.inputs.size()) + made.at(x.value) : numbered.at(key_of(x));
        }
        const int id = instruction.outputs[0];
        step.is_written = is_needed(id);
        if (step.is_written) plan.outputs.push_back(id);
    }
    plan.kernel.dtype = graph.value(plan.outputs.empty() ? graph.instructions[group[0]].outputs[0] : plan.outputs[0]).dtype;
    return plan;
}

}  // namespace cotangent::detail
