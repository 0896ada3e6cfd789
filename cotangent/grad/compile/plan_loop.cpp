// How a loop runs: which of its values are written to memory and which live in its scratch, and how long its blocks are.
#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "cotangent/grad/compile/planner.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

constexpr std::int64_t scratch_budget = 32768;
constexpr std::int64_t least_block = 256;  // a multiple of what a sum adds at once
constexpr std::int64_t largest_block = 2048;

}  // namespace

/// The product that an instruction is, if it is better made some rows at a time with a loop behind it; null: it is not.
std::optional<GemmProblem> Planner::problem_of(const Instruction& instruction) const {
    if (!is(&instruction, Kind::general, "matmul") || instruction.outputs[0] < 0) return std::nullopt;
    const Operand &a = instruction.inputs[0], &b = instruction.inputs[1];
    const Value& product = value(instruction.outputs[0]);
    if (a.shape.rank() != 2 || b.shape.rank() != 2 || product.bytes() <= small_bytes) return std::nullopt;
    const auto transposes = [&](std::size_t k) { return instruction.operation.parameters[k] != 0; };
    const GemmProblem problem{.rows = product.shape[0],
                              .columns = product.shape[1],
                              .inner = b.shape[transposes(1) ? 1 : 0],
                              .transpose_a = transposes(0),
                              .transpose_b = transposes(1)};
    return pays_by_rows(product.dtype, problem) ? std::optional(problem) : std::nullopt;
}

void Planner::emit_loop(std::int64_t count, const std::vector<std::size_t>& instructions) {
    using Place = LoopOperand::Place;
    const bool has_product = is_product(graph_.instructions[instructions[0]]);
    if (has_product && instructions.size() == 1) return emit_general(instructions[0]);
    std::map<int, std::size_t> last_use;  // position in the loop of a value made in it
    std::set<int> made, outside;
    for (const std::size_t k : instructions)
        for (const int output : graph_.instructions[k].outputs)
            if (output >= 0 && graph_.instructions[k].operation.kind != Kind::total) made.insert(output);
    for (std::size_t position = 0; position < instructions.size(); ++position)
        for (const Operand& x : graph_.instructions[instructions[position]].inputs)
            if (made.contains(x.value)) last_use[x.value] = position;
    const std::set<std::size_t> inside(instructions.begin(), instructions.end());
    for (std::size_t k = 0; k < graph_.instructions.size(); ++k)
        if (!inside.contains(k))
            for (const Operand& x : graph_.instructions[k].inputs)
                if (made.contains(x.value)) outside.insert(x.value);
    for (const Operand& x : program_.results_)
        if (made.contains(x.value)) outside.insert(x.value);

    auto loop = std::make_unique<Loop>();
    loop->count = count;
    // By value, offset, row, run, and whether it is one number for all elements: what is read whole and as a number is two.
    std::map<std::tuple<int, std::int64_t, std::int64_t, std::int64_t, bool>, std::size_t> arrays;
    const auto array = [&](int id, std::int64_t offset, std::int64_t row, std::int64_t run, bool is_number) {
        const auto [found, is_new] = arrays.try_emplace({id, offset, row, run, is_number}, loop->arrays.size());
        if (is_new) {
            loop->arrays.emplace_back().value = id;
            loop->arrays.back().offset = offset;
            loop->arrays.back().row = row;
            loop->arrays.back().run = run;
        }
        return found->second;
    };
    bool has_runs = false;
    std::int64_t shortest_run = largest_block;
    std::map<int, std::size_t> slots;
    std::vector<std::size_t> free_slots;
    std::size_t slot_count = 0;
    std::int64_t largest = 1;
    if (has_product) {
        const int made_by_it = graph_.instructions[instructions[0]].outputs[0];
        loop->product = LoopProduct{instructions[0], *problem_of(graph_.instructions[instructions[0]])};
        if (outside.contains(made_by_it)) {
            loop->product->array = static_cast<int>(array(made_by_it, 0, 0, 0, false));
            loop->arrays.back().written = true;
        } else {
            in_scratch_.insert(made_by_it);
        }
    }
    for (std::size_t position = has_product; position < instructions.size(); ++position) {
        const Instruction& instruction = graph_.instructions[instructions[position]];
        LoopOp op;
        op.instruction = instructions[position];
        for (const Operand& x : instruction.inputs) {
            const auto size = static_cast<std::int64_t>(size_of(x.dtype));
            largest = std::max(largest, size);
            if (made.contains(x.value) && !outside.contains(x.value)) {
                if (slots.contains(x.value)) op.inputs.push_back({Place::scratch, slots.at(x.value), 1, size});
                else op.inputs.push_back({Place::product, 0, 1, size});
                continue;
            }
            const bool is_number = x.shape.size() == 1 && count != 1;
            const std::int64_t row = x.run == 0 && !is_number && x.shape.size() != count ? x.shape.size() : 0;
            op.inputs.push_back(
                {Place::array, array(x.value, x.offset, row, x.run, is_number), is_number || x.run > 0 ? 0 : 1, size});
            LoopArray* const from = &loop->arrays[op.inputs.back().index];
            from->registers = x.run > 0 ? x.shape.size() * size / lane_bytes : 1;
            if (x.run > 0) {
                has_runs = true;
                shortest_run = std::min(shortest_run, x.run & -x.run);  // the power of two that divides it
            }
            if (is_number && x.run == 0 && !(is_filled_.contains(x.value) && x.offset == 0))
                from->repeats = static_cast<std::size_t>(size);
        }
        // A result may lie where an input lay whose elements are as large: others it would overwrite before they are read.
        const auto is_as_large = [&, k = instructions[position]](int id) {
            return size_of(value(id).dtype) == size_of(value(graph_.instructions[k].outputs[0]).dtype);
        };
        const auto free_inputs = [&](bool as_large) {
            for (const auto& [id, last] : last_use)
                if (last == position && slots.contains(id) && is_as_large(id) == as_large)
                    free_slots.push_back(slots.at(id));
        };
        free_inputs(true);
        if (instruction.operation.kind == Kind::total) {
            op.total = instruction.outputs[0];
            op.mean = instruction.operation.mean;
            loop->total_dtype = instruction.inputs[0].dtype;
            ++loop->totals;
            is_filled_.insert(op.total);
            free_inputs(false);
            loop->ops.push_back(std::move(op));
            continue;
        }
        op.kernel = instruction.operation.kernel;
        op.padded = instruction.operation.padded;
        op.lanes = padded_count(1, value(instruction.outputs[0]).dtype);
        op.function = instruction.operation.function.get();
        for (const int output : instruction.outputs) {
            const auto size = static_cast<std::int64_t>(size_of(value(output).dtype));
            largest = std::max(largest, size);
            if (outside.contains(output)) {
                op.outputs.push_back({Place::array, array(output, 0, 0, 0, false), 1, size});
                loop->arrays[op.outputs.back().index].written = true;
                continue;
            }
            if (free_slots.empty()) free_slots.push_back(slot_count++);
            slots[output] = free_slots.back();
            free_slots.pop_back();
            op.outputs.push_back({Place::scratch, slots[output], 1, size});
            in_scratch_.insert(output);
            if (!last_use.contains(output)) free_slots.push_back(slots[output]);
        }
        free_inputs(false);
        loop->ops.push_back(std::move(op));
    }
    const std::int64_t slots_used = std::max<std::int64_t>(1, static_cast<std::int64_t>(slot_count));
    const std::int64_t fits = scratch_budget / slots_used / largest / least_block * least_block;
    loop->block = std::clamp<std::int64_t>(fits, least_block, largest_block);
    if (has_runs) {  // a block is for one register of theirs
        loop->block =
            std::min(shortest_run, static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(loop->block))));
    }
    for (LoopArray& from : loop->arrays)
        if (from.row > 0)
            from.rows.resize(static_cast<std::size_t>((loop->block / from.row + 2) * from.row) *
                             size_of(value(from.value).dtype));
    loop->slots = slot_count;
    loop->scratch_bytes = static_cast<std::size_t>(loop->block * largest);
    loop->pointers.resize(loop->arrays.size());
    loop->repeated.resize(loop->arrays.size());
    loop->partial.resize(static_cast<std::size_t>(loop->totals) * static_cast<std::size_t>(count / 65536 + 1));
    Command step;
    step.run = [](Program& program, const Command& s) { program.run_loop(*program.loops_[s.index]); };
    step.index = program_.loops_.size();
    program_.loops_.push_back(std::move(loop));
    add_step(step, instructions, program_.loops_.back().get());
}

}  // namespace cotangent::detail
