// Steps between small values: arithmetic that stands together is one kernel, the rest a kernel an op.
#include <algorithm>
#include <tuple>
#include <utility>

#include "cotangent/grad/compile/assemble_small.hpp"
#include "cotangent/grad/compile/plan_kernel.hpp"
#include "cotangent/grad/compile/planner.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

constexpr std::size_t most_steps = 256;  // of a kernel

/// A number over a number, in every lane: one division takes half the time of a register full of them.
template <class T>
void divide_numbers(const void*, const std::byte* const* inputs, const std::int64_t*, std::byte* const* outputs,
                    std::int64_t) {
    Lanes<T>(*reinterpret_cast<const T*>(inputs[0]) / *reinterpret_cast<const T*>(inputs[1]))
        .store(reinterpret_cast<T*>(outputs[0]));
}

}  // namespace

/// May it run between small values?
bool Planner::is_small(const Instruction& instruction) const {
    const Operation& operation = instruction.operation;
    if (operation.kind == Kind::general || (operation.kind == Kind::elementwise && !is_flat(instruction))) return false;
    const auto fixed = [&](int id) { return id >= 0 && is_fixed(id); };
    const std::size_t most_inputs =
        operation.kind == Kind::join || operation.kind == Kind::place ? 1000 : Command::most_inputs;
    return instruction.inputs.size() <= most_inputs && instruction.outputs.size() <= Command::most_outputs &&
           std::all_of(instruction.outputs.begin(), instruction.outputs.end(), fixed) &&
           std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                       [&](const Operand& x) { return fixed(x.value) && value(x.value).bytes() <= small_bytes; });
}

/// May a small instruction be part of a kernel of several?
bool Planner::is_straight(const Instruction& instruction) const {
    const bool is_sum = instruction.operation.kind == Kind::total && instruction.inputs[0].dtype == Dtype::float64 &&
                        value(instruction.outputs[0]).dtype == Dtype::float64;
    if (!is_sum && (!is_arithmetic(graph_, instruction) || instruction.operation.arithmetic == Arithmetic::divide_by_number))
        return false;
    const std::int64_t count = elements(instruction);
    return assembles_kernels() && count > 0 &&
           count * static_cast<std::int64_t>(size_of(instruction.inputs[0].dtype)) <= most_straight_bytes;
}

/// The order in which instructions become steps. Small ones come as early as they can, those for one kernel together and of
/// one length together; the others keep their order.
std::vector<std::size_t> Planner::schedule() const {
    const std::size_t count = graph_.instructions.size();
    std::vector<int> waits_for(count);
    for (const Instruction& instruction : graph_.instructions)
        for (const int id : instruction.outputs)
            if (id >= 0)
                for (const std::size_t taker : takers_[static_cast<std::size_t>(id)]) ++waits_for[taker];
    // By length; sums, which end a run of one length, have none.
    std::map<std::int64_t, std::set<std::size_t>> straight;
    std::set<std::size_t> single, large;
    const auto length = [&](const Instruction& x) { return x.operation.kind == Kind::total ? 0 : elements(x); };
    const auto add = [&](std::size_t k) {
        const Instruction& instruction = graph_.instructions[k];
        if (!is_small(instruction)) large.insert(k);
        else if (is_straight(instruction)) straight[length(instruction)].insert(k);
        else single.insert(k);
    };
    std::vector<std::size_t> result;
    const auto take_first = [&](std::set<std::size_t>& from) {
        const std::size_t k = *from.begin();
        from.erase(from.begin());
        result.push_back(k);
        for (const int id : graph_.instructions[k].outputs)
            if (id >= 0)
                for (const std::size_t taker : takers_[static_cast<std::size_t>(id)])
                    if (--waits_for[taker] == 0) add(taker);
    };
    for (std::size_t k = 0; k < count; ++k)
        if (waits_for[k] == 0) add(k);
    while (result.size() < count) {
        if (single.empty() && straight.empty()) take_first(large);
        while (!single.empty()) take_first(single);
        while (!straight.empty()) {
            const auto longest = std::prev(straight.end());
            while (!longest->second.empty()) take_first(longest->second);
            straight.erase(longest);
        }
    }
    return result;
}

/// Memory where a number fills a register, so that kernels need not repeat it.
const std::byte* Planner::filled(std::size_t k, const Operand& number) {
    if (is_filled_.contains(number.value) && number.offset == 0) return memory(number.value);
    const auto [found, is_new] = fills_.try_emplace({number.value, number.offset}, nullptr);
    if (!is_new) return found->second;
    Tensor& room = program_.registers_.emplace_back(Tensor::uninitialized({padding}, Dtype::uint8));
    Command fill;
    fill.run = run_small_fill;
    fill.inputs[0] = memory(number.value) + number.offset;
    fill.outputs[0] = room.fresh_data<std::byte>();
    fill.count = static_cast<std::int64_t>(size_of(number.dtype));
    add_step(fill, {{k}});
    return found->second = room.fresh_data<std::byte>();
}

void Planner::emit_small_elementwise(std::size_t k) {
    const Instruction& instruction = graph_.instructions[k];
    Command step;
    const Operation& operation = instruction.operation;
    step.kernel = operation.padded ? operation.padded : operation.kernel;
    step.function = operation.function.get();
    const std::int64_t count = elements(instruction);
    if (count == 1 && operation.name == std::string_view("divide")) {
        if (instruction.inputs[0].dtype == Dtype::float64) step.kernel = divide_numbers<double>;
        else if (instruction.inputs[0].dtype == Dtype::float32) step.kernel = divide_numbers<float>;
    }
    for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
        const Operand& x = instruction.inputs[i];
        step.inputs[i] = x.shape.size() == 1 ? filled(k, x) : memory(x.value) + x.offset;
        step.steps[i] = x.shape.size() == 1 ? 0 : 1;
    }
    if (count == 1) is_filled_.insert(instruction.outputs.begin(), instruction.outputs.end());
    Dtype dtype = Dtype::float64;
    for (std::size_t i = 0; i < instruction.outputs.size(); ++i) {
        const int output = instruction.outputs[i];
        dtype = value(output).dtype;
        step.outputs[i] = memory(output);
    }
    step.count = padded_count(count, dtype);
    add_step(step, {{k}});
}

void Planner::emit_small(std::size_t k) {
    if (is_straight(graph_.instructions[k])) join_straight(k);
    else emit_small_alone(k);
}

/// Puts an instruction off, for a kernel with those after it.
void Planner::join_straight(std::size_t k) {
    const Instruction& instruction = graph_.instructions[k];
    const auto is_made_here = [&](int id) {
        return std::any_of(straight_.begin(), straight_.end(),
                           [&](std::size_t j) { return graph_.instructions[j].outputs[0] == id; });
    };
    const bool takes_a_piece = std::any_of(instruction.inputs.begin(), instruction.inputs.end(),
                                           [&](const Operand& x) { return !graph_.is_whole(x) && is_made_here(x.value); });
    const auto dtype = [&](std::size_t j) { return graph_.instructions[j].inputs[0].dtype; };
    if (takes_a_piece || straight_.size() >= most_steps || (!straight_.empty() && dtype(k) != dtype(straight_[0])))
        emit_straight();
    straight_.push_back(k);
    if (value(instruction.outputs[0]).shape.size() == 1) is_filled_.insert(instruction.outputs[0]);
}

/// The instructions put off, as one kernel.
void Planner::emit_straight() {
    const std::vector<std::size_t> group = std::exchange(straight_, {});
    if (group.empty()) return;
    if (group.size() == 1) return emit_small_alone(group[0]);
    SmallPlan plan;
    plan.dtype = graph_.instructions[group[0]].inputs[0].dtype;
    std::map<std::tuple<int, std::int64_t, std::int64_t>, int> numbered;  // by value, offset and size
    const auto number = [&](const Operand& x) {
        const auto [found, is_new] =
            numbered.try_emplace({x.value, x.offset, x.shape.size()}, static_cast<int>(plan.values.size()));
        if (is_new) {
            const bool is_filled = is_filled_.contains(x.value) && x.offset == 0;
            plan.values.push_back({memory(x.value) + x.offset, x.shape.size(), is_filled});
        }
        return found->second;
    };
    const auto is_taken_elsewhere = [&](int id) {
        const auto& takers = takers_[static_cast<std::size_t>(id)];
        return is_result_[static_cast<std::size_t>(id)] || std::any_of(takers.begin(), takers.end(), [&](std::size_t taker) {
                   return std::find(group.begin(), group.end(), taker) == group.end();
               });
    };
    for (const std::size_t k : group) {
        const Instruction& instruction = graph_.instructions[k];
        SmallPlan::Step step;
        step.op = instruction.operation.arithmetic;
        step.mean = instruction.operation.mean;
        for (std::size_t i = 0; i < instruction.inputs.size(); ++i) step.operands[i] = number(instruction.inputs[i]);
        const int output = instruction.outputs[0];
        step.result = number(value(output).whole(output));
        if (!is_taken_elsewhere(output)) plan.values[static_cast<std::size_t>(step.result)].memory = nullptr;
        plan.steps.push_back(step);
    }
    AssembledKernel assembled = assemble(plan);
    if (!assembled.kernel) {
        for (const std::size_t k : group) emit_small_alone(k);
        return;
    }
    Command step;
    step.kernel = assembled.kernel;
    program_.codes_.push_back(std::move(assembled.code));
    add_step(step, {group});
}

void Planner::emit_small_alone(std::size_t k) {
    emit_straight();
    const Instruction& instruction = graph_.instructions[k];
    const Operation& operation = instruction.operation;
    if (operation.kind == Kind::elementwise) return emit_small_elementwise(k);
    const int output = instruction.outputs[0];
    const auto size = static_cast<std::int64_t>(size_of(value(output).dtype));
    Command step;
    step.outputs[0] = memory(output);
    if (operation.kind == Kind::join || operation.kind == Kind::place) {
        const bool places = operation.kind == Kind::place;
        std::int64_t to = 0;
        for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
            const Operand& x = instruction.inputs[i];
            Command copy;
            copy.run = places && i == 0 ? run_small_place : run_small_copy;
            copy.inputs[0] = memory(x.value) + x.offset;
            copy.outputs[0] = memory(output) + (places ? operation.first[i] * size : to);
            copy.count = x.shape.size() * size;
            copy.steps[0] = copy.outputs[0] - memory(output);
            copy.steps[1] = value(output).bytes();
            to += copy.count;
            add_step(copy, {{k}});
        }
        return;
    }
    const Operand& x = instruction.inputs[0];
    step.inputs[0] = memory(x.value) + x.offset;
    const bool is_register = x.shape.size() == Lanes<double>::count && !operation.mean;
    if (is_register) step.run = size == 8 ? run_register_sum<double> : run_register_sum<float>;
    else step.run = run_small_total;
    is_filled_.insert(output);
    step.count = x.shape.size();
    step.steps[0] = operation.mean;
    step.steps[1] = size;
    add_step(step, {{k}});
}

}  // namespace cotangent::detail
