#include "cotangent/grad/compile/planner.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

constexpr std::size_t most_loop_ops = 48, most_totals = 16;
constexpr std::int64_t longest_row = 4096;   // that a loop repeats

}  // namespace

std::int64_t padded_count(std::int64_t count, Dtype dtype) {
    const std::int64_t lanes = size_of(dtype) < 4 ? 16 : lane_bytes / static_cast<std::int64_t>(size_of(dtype));
    return (count + lanes - 1) / lanes * lanes;
}

std::int64_t Planner::elements(const Instruction& instruction) const {
    if (instruction.operation.kind == Kind::total) return instruction.inputs[0].shape.size();
    for (const int output : instruction.outputs)
        if (output >= 0) return value(output).shape.size();
    return 0;
}

/// Does each input lie under the result element by element, or repeat one number?
bool Planner::is_flat(const Instruction& instruction) const {
    const std::int64_t count = elements(instruction);
    return std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                       [&](const Operand& x) { return x.run == 0 && (x.shape.size() == 1 || x.shape.size() == count); });
}

/// The length of a row that is broadcast to rows of `shape`, worth a loop; 0 if x is none.
std::int64_t Planner::row_of(const Operand& x, const Shape& shape) const {
    const std::int64_t length = x.shape.size();
    const bool is_row = x.shape.rank() > 0 && shape.rank() > 0 && shape[shape.rank() - 1] == length && x.shape[x.shape.rank() - 1] == length;
    return is_row && length > 1 && length <= longest_row && shape.size() >= 16 * longest_row ? length : 0;
}

/// Flat, but for rows and channels that are broadcast?
bool Planner::fits_loop(const Instruction& instruction) const {
    const std::int64_t count = elements(instruction);
    return std::all_of(instruction.inputs.begin(), instruction.inputs.end(), [&](const Operand& x) {
        return x.run > 0 || x.shape.size() == 1 || x.shape.size() == count ||
               (instruction.operation.kind == Kind::elementwise && row_of(x, value(instruction.outputs[0]).shape) > 0);
    });
}

void Planner::add_step(const Command& step, const std::vector<KernelInstructions>& kernels, Loop* loop, bool plans_memory) {
    emit_straight();  // whatever comes next may need it
    program_.steps_.push_back(step);
    program_.step_kernels_.push_back(kernels);
    std::vector<std::size_t> instructions;
    for (const KernelInstructions& kernel : kernels) instructions.insert(instructions.end(), kernel.begin(), kernel.end());
    step_plans_memory_.push_back(plans_memory || loop);
    step_instructions_.push_back(std::move(instructions));
    step_loops_.push_back(loop);
}

void Planner::find_takers() {
    takers_.resize(graph_.values.size());
    is_result_.resize(graph_.values.size());
    for (std::size_t k = 0; k < graph_.instructions.size(); ++k)
        for (const Operand& x : graph_.instructions[k].inputs) takers_[static_cast<std::size_t>(x.value)].push_back(k);
    for (const Operand& x : program_.results_) is_result_[static_cast<std::size_t>(x.value)] = true;
}

void Planner::choose_memory() {
    const std::size_t count = graph_.values.size();
    program_.slots_.resize(count);
    program_.is_fixed_.assign(count, false);
    std::vector<bool> used(count);
    for (const Instruction& instruction : graph_.instructions) {
        for (const Operand& x : instruction.inputs) used[static_cast<std::size_t>(x.value)] = true;
        for (const int output : instruction.outputs)
            if (output >= 0) used[static_cast<std::size_t>(output)] = true;
    }
    for (const Operand& x : program_.results_) used[static_cast<std::size_t>(x.value)] = true;
    for (std::size_t id = 0; id < count; ++id) {
        Value& v = graph_.values[id];
        Tensor& slot = program_.slots_[id];
        const bool is_small = v.bytes() <= small_bytes && v.bytes() > 0;
        if (v.kind == Value::Kind::constant && (!is_small || !used[id])) {
            slot = v.constant;
            program_.is_fixed_[id] = true;
        } else if (is_small && (used[id] || v.kind == Value::Kind::input)) {
            slot = Tensor::uninitialized({(v.bytes() + padding) / static_cast<std::int64_t>(size_of(v.dtype))}, v.dtype);
            std::memset(slot.fresh_data<std::byte>(), 0, slot.bytes());
            program_.is_fixed_[id] = true;
            if (v.kind == Value::Kind::input && v.shape.size() == 1 && size_of(v.dtype) >= 4) is_filled_.insert(static_cast<int>(id));
            if (v.kind == Value::Kind::constant) {
                const std::size_t bytes = v.constant.bytes();
                const std::int64_t repeats = v.shape.size() == 1 ? padding / static_cast<std::int64_t>(bytes) : 1;
                if (v.shape.size() == 1) is_filled_.insert(static_cast<int>(id));
                for (std::int64_t r = 0; r < repeats; ++r)
                    std::memcpy(slot.fresh_data<std::byte>() + r * static_cast<std::int64_t>(bytes), v.constant.raw(), bytes);
            }
        } else if (!used[id] && v.kind == Value::Kind::result) {
            program_.is_fixed_[id] = true;  // without memory: nothing makes it
        }
    }
    program_.is_taken_.assign(graph_.inputs.size(), false);
    for (const auto& [input, result] : program_.taken_) program_.is_taken_[static_cast<std::size_t>(input)] = true;
}

void Planner::emit_rows(std::size_t k) {
    const Instruction& instruction = graph_.instructions[k];
    auto op = std::make_unique<RowsOp>();
    op->kernel = instruction.operation.kernel;
    op->function = instruction.operation.function.get();
    op->inputs = instruction.inputs;
    op->output = instruction.outputs[0];
    op->instruction = k;
    const Shape scalar;
    std::array<const Shape*, 8> shapes;
    shapes.fill(&scalar);
    for (std::size_t i = 0; i < instruction.inputs.size(); ++i) shapes[i] = &op->inputs[i].shape;
    op->rows = rows_of<8>(value(op->output).shape, shapes);
    Command step;
    step.run = [](Program& program, const Command& s) { program.run_rows(*program.rows_[s.index]); };
    step.index = program_.rows_.size();
    program_.rows_.push_back(std::move(op));
    add_step(step, {{k}}, nullptr, true);
}

void Planner::emit_copies(std::size_t k) {
    const Instruction& instruction = graph_.instructions[k];
    auto op = std::make_unique<CopyOp>();
    op->output = instruction.outputs[0];
    const Value& made = value(op->output);
    const auto size = static_cast<std::int64_t>(size_of(made.dtype));
    const auto add = [&](int id, std::int64_t offset, std::int64_t to, std::int64_t bytes) {
        if (bytes > 0) op->pieces.push_back({id, offset, to, bytes});
    };
    std::int64_t to = 0;
    for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
        const Operand& x = instruction.inputs[i];
        const std::int64_t first = instruction.operation.kind == Kind::place ? instruction.operation.first[i] * size : to;
        add(-1, 0, to, first - to);
        add(x.value, x.offset, first, x.shape.size() * size);
        to = first + x.shape.size() * size;
    }
    add(-1, 0, to, made.bytes() - to);
    Command step;
    step.run = [](Program& program, const Command& s) { program.run_copies(*program.copies_[s.index]); };
    step.index = program_.copies_.size();
    program_.copies_.push_back(std::move(op));
    add_step(step, {{k}}, nullptr, true);
}

void Planner::emit_general(std::size_t k) {
    const Instruction& instruction = graph_.instructions[k];
    auto op = std::make_unique<GeneralOp>();
    op->instruction = k;
    for (const int output : instruction.outputs)
        if (output >= 0 && is_fixed(output) && value(output).shape.size() == 1 && size_of(value(output).dtype) >= 4)
            is_filled_.insert(output);
    op->inputs.resize(instruction.inputs.size());
    op->outputs.resize(instruction.outputs.size());
    Command step;
    step.run = [](Program& program, const Command& s) { program.run_general(*program.generals_[s.index]); };
    step.index = program_.generals_.size();
    program_.generals_.push_back(std::move(op));
    add_step(step, {{k}});
    last_general_ = static_cast<int>(program_.steps_.size()) - 1;
}

void Planner::close_all() {
    while (!open_.empty()) close(open_.begin()->first);
}

/// Does an instruction take what is not made yet?
bool Planner::waits(const Instruction& instruction) const {
    return std::any_of(instruction.inputs.begin(), instruction.inputs.end(), [&](const Operand& x) {
        return open_makers_.contains(x.value) || deferred_values_.contains(x.value);
    });
}

void Planner::emit_deferred() {
    const std::vector<std::size_t> waiting = std::exchange(deferred_, {});
    deferred_values_.clear();
    for (const std::size_t k : waiting) {
        if (!waits(graph_.instructions[k])) {
            emit_small(k);
            continue;
        }
        deferred_.push_back(k);
        deferred_values_.insert(graph_.instructions[k].outputs.begin(), graph_.instructions[k].outputs.end());
    }
}

/// Ends the open loops that make what an instruction takes, but for the one of `but` elements.
void Planner::close_makers(const Instruction& instruction, std::int64_t but) {
    for (const Operand& x : instruction.inputs) {
        if (deferred_values_.contains(x.value)) return close_all();
        const auto found = open_makers_.find(x.value);
        if (found != open_makers_.end() && found->second != but) close(found->second);
    }
}

void Planner::close(std::int64_t count) {
    const auto found = open_.find(count);
    if (found == open_.end()) return;
    const std::vector<std::size_t> instructions = std::move(found->second);
    open_.erase(found);
    std::erase_if(open_makers_, [&](const auto& entry) { return entry.second == count; });
    emit_loop(count, instructions);
    emit_deferred();
}

void Planner::run() {
    choose_memory();
    find_takers();
    for (const std::size_t k : schedule()) {
        const Instruction& instruction = graph_.instructions[k];
        const Operation& operation = instruction.operation;
        const bool whole = std::all_of(instruction.outputs.begin(), instruction.outputs.end(), [](int output) { return output >= 0; });
        if (is_small(instruction)) {
            // What waits for a total does not end its loop: more ops may still go into that.
            if (waits(instruction)) {
                deferred_.push_back(k);
                deferred_values_.insert(instruction.outputs.begin(), instruction.outputs.end());
            } else {
                emit_small(k);
            }
            continue;
        }
        const bool in_loop = whole && (operation.kind == Kind::elementwise || operation.kind == Kind::total) && fits_loop(instruction) &&
                             elements(instruction) > 0 && instruction.outputs.size() <= Command::most_outputs && instruction.inputs.size() <= LoopOp::most_inputs;
        if (in_loop) {
            const std::int64_t count = elements(instruction);
            close_makers(instruction, count);
            auto& loop = open_[count];
            // Pieces of a product's rows are neither a total's pieces nor blocks of images.
            const bool has_runs = std::any_of(instruction.inputs.begin(), instruction.inputs.end(), [](const Operand& x) { return x.run > 0; });
            if (!loop.empty() && is_product(graph_.instructions[loop[0]]) && (operation.kind == Kind::total || has_runs)) {
                open_makers_.erase(graph_.instructions[loop[0]].outputs[0]);
                emit_general(loop[0]);
                loop.erase(loop.begin());
            }
            int totals = 0;
            bool again = loop.size() >= most_loop_ops;
            for (const std::size_t other : loop) {
                const Instruction& inside = graph_.instructions[other];
                if (inside.operation.kind != Kind::total) continue;
                ++totals;
                // A total is known only when its loop has ended; all totals of a loop have one dtype.
                if (operation.kind == Kind::total && inside.inputs[0].dtype != instruction.inputs[0].dtype) again = true;
                for (const Operand& x : instruction.inputs) again = again || x.value == inside.outputs[0];
            }
            // A piece of what the loop makes may be another element than the one at hand.
            for (const Operand& x : instruction.inputs) {
                const auto found = open_makers_.find(x.value);
                if (found != open_makers_.end() && (x.offset != 0 || x.shape.size() != count)) again = true;
            }
            if (again || totals >= static_cast<int>(most_totals)) close(count);
            open_[count].push_back(k);
            for (const int output : instruction.outputs) open_makers_[output] = count;
            continue;
        }
        close_makers(instruction, -1);
        if (is_product(instruction)) {  // a loop may follow it
            const std::int64_t count = elements(instruction);
            close(count);
            open_[count].push_back(k);
            open_makers_[instruction.outputs[0]] = count;
            continue;
        }
        if (whole && (operation.kind == Kind::join || operation.kind == Kind::place)) emit_copies(k);
        else if (operation.kind == Kind::elementwise && instruction.outputs.size() == 1 && instruction.inputs.size() <= 8) emit_rows(k);
        else emit_general(k);
    }
    close_all();
    emit_straight();
    plan_releases();
}

}  // namespace cotangent::detail
