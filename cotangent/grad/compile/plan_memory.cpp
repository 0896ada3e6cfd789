// When the memory of large values is free, and who has it next.
#include <algorithm>
#include <utility>

#include "cotangent/grad/compile/planner.hpp"

namespace cotangent::detail {

void Planner::plan_releases() {
    std::vector<int> first(graph_.values.size(), -1), last(graph_.values.size(), -1);
    for (std::size_t s = 0; s < step_instructions_.size(); ++s)
        for (const std::size_t k : step_instructions_[s]) {
            for (const Operand& x : graph_.instructions[k].inputs)
                last[static_cast<std::size_t>(x.value)] = static_cast<int>(s);
            for (const int output : graph_.instructions[k].outputs)
                if (output >= 0) {
                    const auto id = static_cast<std::size_t>(output);
                    if (first[id] < 0) first[id] = static_cast<int>(s);
                    last[id] = std::max(last[id], static_cast<int>(s));
                }
        }
    std::vector<bool> kept(graph_.values.size());
    for (const Operand& x : program_.results_) kept[static_cast<std::size_t>(x.value)] = true;
    share_buffers(first, last, kept);
    program_.releases_.resize(step_instructions_.size());
    for (std::size_t id = 0; id < last.size(); ++id) {
        if (program_.is_fixed_[id] || in_scratch_.contains(static_cast<int>(id))) continue;
        program_.releases_any_ = true;
        if (last[id] >= 0 && !kept[id])
            program_.releases_[static_cast<std::size_t>(last[id])].push_back(static_cast<int>(id));
    }
    for (std::size_t s = 0; s < step_instructions_.size(); ++s)
        if (step_loops_[s]) take_over(s);
}

/// Which values that a loop reads whole, before or while it writes `array`, might give that their memory.
std::vector<int> Planner::replaceable(const Loop& loop, const LoopArray& array) const {
    using Place = LoopOperand::Place;
    std::map<int, std::size_t> reads;  // the last instruction that reads a value
    std::set<int> not_whole;
    std::size_t written = 0;
    for (const LoopOp& op : loop.ops) {
        for (const LoopOperand& x : op.inputs) {
            if (x.place != Place::array) continue;
            const LoopArray& from = loop.arrays[x.index];
            reads[from.value] = std::max(reads[from.value], x.order);
            if (from.offset != 0 || x.step != 1) not_whole.insert(from.value);
        }
        for (const LoopOperand& x : op.outputs)
            if (x.place == Place::array && loop.arrays[x.index].value == array.value) written = x.order;
    }
    if (loop.product) {
        const Instruction& product = graph_.instructions[loop.product->instruction];
        // Its rows are there before the loop reads, and it reads rows that the loop has passed.
        if (array.value == product.outputs[0]) return {};
        for (const Operand& x : product.inputs) not_whole.insert(x.value);
    }
    std::vector<int> result;
    for (const auto& [id, order] : reads)
        if (order <= written && !not_whole.contains(id) && value(id).dtype == value(array.value).dtype &&
            value(id).shape.size() == loop.count)
            result.push_back(id);
    return result;
}

/// Results of a loop that is step `s` take over the memory of tensors that are not needed any more.
void Planner::take_over(std::size_t s) {
    Loop& loop = *step_loops_[s];
    std::set<int> gone(program_.releases_[s].begin(), program_.releases_[s].end());
    for (LoopArray& array : loop.arrays) {
        if (!array.written || is_fixed(array.value)) continue;
        for (const int id : replaceable(loop, array)) {
            if (is_fixed(id) || gone.erase(id) == 0) continue;
            array.takes_over = id;
            break;
        }
    }
}

/// Values that loops and copies make, and that do not leave the program, get buffers, one after the other. What a loop
/// writes may lie where it reads from, if that is its last use.
void Planner::share_buffers(const std::vector<int>& first, const std::vector<int>& last, const std::vector<bool>& kept) {
    std::vector<bool> has_buffer(graph_.values.size());
    std::map<std::pair<Dtype, std::int64_t>, std::vector<Tensor>> free;
    const auto give_back = [&](int id) {
        free[{value(id).dtype, value(id).shape.size()}].push_back(program_.slots_[static_cast<std::size_t>(id)]);
    };
    std::vector<std::vector<int>> made(step_instructions_.size()), gone(step_instructions_.size());
    for (std::size_t id = 0; id < first.size(); ++id) {
        if (first[id] < 0 || is_fixed(static_cast<int>(id)) || kept[id] || graph_.values[id].bytes() == 0 ||
            in_scratch_.contains(static_cast<int>(id)))
            continue;
        const auto step = static_cast<std::size_t>(first[id]);
        if (!step_plans_memory_[step]) continue;
        has_buffer[id] = true;
        made[step].push_back(static_cast<int>(id));
        gone[static_cast<std::size_t>(last[id])].push_back(static_cast<int>(id));
    }
    for (std::size_t s = 0; s < made.size(); ++s) {
        std::set<int> replaced;
        for (const int id : made[s]) {
            Tensor& slot = program_.slots_[static_cast<std::size_t>(id)];
            if (step_loops_[s]) {
                const auto written =
                    std::find_if(step_loops_[s]->arrays.begin(), step_loops_[s]->arrays.end(),
                                 [id](const LoopArray& array) { return array.written && array.value == id; });
                for (const int before : replaceable(*step_loops_[s], *written)) {
                    const auto b = static_cast<std::size_t>(before);
                    if (!has_buffer[b] || last[b] != static_cast<int>(s) || first[b] == last[b] ||
                        !replaced.insert(before).second)
                        continue;
                    slot = program_.slots_[b];
                    break;
                }
            }
            if (!slot.has_storage()) {
                auto& buffers = free[{value(id).dtype, value(id).shape.size()}];
                if (buffers.empty()) {
                    buffers.push_back(Tensor::uninitialized({value(id).shape.size()}, value(id).dtype));
                    program_.buffers_.push_back(buffers.back());
                }
                slot = buffers.back();
                buffers.pop_back();
            }
            program_.is_fixed_[static_cast<std::size_t>(id)] = true;
        }
        for (const int id : gone[s])
            if (is_fixed(id) && !replaced.contains(id)) give_back(id);
    }
}

}  // namespace cotangent::detail
