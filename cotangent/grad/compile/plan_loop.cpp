// How a loop runs: which of its ops are one kernel, which of its values are written to memory and which live in its scratch,
// and how long its blocks are.
#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "cotangent/grad/compile/plan_kernel.hpp"
#include "cotangent/grad/compile/planner.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

constexpr std::int64_t scratch_budget = 32768;
constexpr std::int64_t least_block = 256;  // a multiple of what a sum adds at once
constexpr std::int64_t largest_block = 2048;
constexpr std::size_t most_kernel_inputs = LoopOp::most_inputs, most_kernel_ops = 24;

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

/// Puts one loop together.
class LoopPlanner {
public:
    LoopPlanner(Planner& planner, std::int64_t count, const std::vector<std::size_t>& instructions)
        : planner_(planner), graph_(planner.graph_), count_(count), instructions_(instructions) {}
    [[nodiscard]] std::unique_ptr<Loop> run();

private:
    using Place = LoopOperand::Place;
    /// Value, offset, row, run, and whether it is one number for all elements: what is read whole and as a number is two.
    using ArrayKey = std::tuple<int, std::int64_t, std::int64_t, std::int64_t, bool>;

    [[nodiscard]] const Instruction& instruction(std::size_t k) const { return graph_.instructions[k]; }
    [[nodiscard]] static std::int64_t bytes_of(Dtype dtype) { return static_cast<std::int64_t>(size_of(dtype)); }
    [[nodiscard]] Dtype dtype_of(std::size_t k) const { return graph_.value(instruction(k).outputs[0]).dtype; }
    [[nodiscard]] bool is_number(const Operand& x) const { return x.shape.size() == 1 && count_ != 1; }
    void find_uses();
    [[nodiscard]] std::vector<KernelInstructions> groups() const;
    [[nodiscard]] bool takes_from(std::size_t k, const KernelInstructions& group) const;
    [[nodiscard]] GroupPlan plan(const KernelInstructions& group) const;
    [[nodiscard]] bool can_be_kernel(const KernelInstructions& group) const;
    void add_product();
    void add_single(std::size_t k);
    void add_total(std::size_t k);
    void add_kernel(const KernelInstructions& group);
    std::size_t array(const ArrayKey& key);
    [[nodiscard]] LoopOperand input(const Operand& x);
    [[nodiscard]] LoopOperand output(int id);
    void free_inputs(std::size_t k, bool as_large);
    void choose_block();

    Planner& planner_;
    const Graph& graph_;
    const std::int64_t count_;
    const std::vector<std::size_t>& instructions_;
    std::set<int> made_, outside_;                ///< values that the loop makes; those of them that others take
    std::map<int, std::set<std::size_t>> users_;  ///< of what the loop makes, inside it
    std::map<int, std::size_t> last_use_;         ///< of those values, in the loop's order
    std::size_t order_ = 0;                       ///< of the instruction at hand
    std::unique_ptr<Loop> loop_ = std::make_unique<Loop>();
    std::map<ArrayKey, std::size_t> arrays_;
    std::map<int, std::size_t> slots_;
    std::vector<std::size_t> free_slots_;
    std::int64_t largest_ = 1;  ///< bytes of an element
    std::int64_t run_ = 0;      ///< the power of two that divides all runs; 0: there are none
};

void LoopPlanner::find_uses() {
    for (const std::size_t k : instructions_)
        for (const int id : instruction(k).outputs)
            if (id >= 0 && instruction(k).operation.kind != Kind::total) made_.insert(id);
    const std::set<std::size_t> inside(instructions_.begin(), instructions_.end());
    for (const int id : made_) {
        for (const std::size_t k : planner_.takers_[static_cast<std::size_t>(id)]) {
            if (inside.contains(k)) users_[id].insert(k);
            else outside_.insert(id);
        }
        if (planner_.is_result_[static_cast<std::size_t>(id)]) outside_.insert(id);
    }
}

bool LoopPlanner::takes_from(std::size_t k, const KernelInstructions& group) const {
    const auto& inputs = instruction(k).inputs;
    return std::any_of(group.begin(), group.end(), [&](std::size_t maker) {
        return std::any_of(inputs.begin(), inputs.end(),
                           [&](const Operand& x) { return x.value == instruction(maker).outputs[0]; });
    });
}

GroupPlan LoopPlanner::plan(const KernelInstructions& group) const {
    const auto repeats = [this](const Operand& x) { return x.run > 0 || is_number(x); };
    const auto is_needed = [&](int id) {
        if (outside_.contains(id)) return true;
        const auto users = users_.find(id);
        return users != users_.end() && std::any_of(users->second.begin(), users->second.end(), [&](std::size_t user) {
                   return std::find(group.begin(), group.end(), user) == group.end();
               });
    };
    return plan_kernel(graph_, group, repeats, is_needed);
}

bool LoopPlanner::can_be_kernel(const KernelInstructions& group) const {
    if (dtype_of(group.front()) != dtype_of(group.back()) || group.size() > most_kernel_ops) return false;
    const GroupPlan made = plan(group);
    // Channels of images fill a register of lane_bytes with different numbers, and kernels have one size of registers.
    const bool has_runs = std::any_of(made.inputs.begin(), made.inputs.end(), [](const Operand& x) { return x.run > 0; });
    if (has_runs && lane_bytes != kernel_register_bytes) return false;
    return made.inputs.size() <= most_kernel_inputs && made.outputs.size() <= LoopOp::most_outputs &&
           can_assemble(made.kernel);
}

/// The instructions in an order in which arithmetic for one kernel stands together. One joins a group if it follows that
/// directly, or takes what that makes; others would only keep values in memory for longer.
std::vector<KernelInstructions> LoopPlanner::groups() const {
    std::vector<KernelInstructions> result;
    std::vector<std::size_t> left(instructions_.begin() + (loop_->product ? 1 : 0), instructions_.end());
    std::set<int> missing;
    for (const std::size_t k : left)
        for (const int id : instruction(k).outputs)
            if (made_.contains(id)) missing.insert(id);
    while (!left.empty()) {
        KernelInstructions group;
        std::vector<std::size_t> others;
        bool follows = true;
        for (const std::size_t k : left) {
            const Instruction& next = instruction(k);
            const bool is_ready = std::none_of(next.inputs.begin(), next.inputs.end(),
                                               [&](const Operand& x) { return missing.contains(x.value); });
            bool joins = group.empty();
            if (!joins && is_ready && is_arithmetic(graph_, instruction(group[0])) && is_arithmetic(graph_, next) &&
                (follows || takes_from(k, group))) {
                group.push_back(k);
                joins = can_be_kernel(group);
                group.pop_back();
            }
            if (joins) {
                group.push_back(k);
                for (const int id : next.outputs) missing.erase(id);
            } else {
                others.push_back(k);
                follows = follows && next.operation.kind == Kind::total;  // nothing in the loop waits for one
            }
        }
        result.push_back(std::move(group));
        left = std::move(others);
    }
    return result;
}

std::size_t LoopPlanner::array(const ArrayKey& key) {
    const auto [found, is_new] = arrays_.try_emplace(key, loop_->arrays.size());
    if (is_new) {
        LoopArray& added = loop_->arrays.emplace_back();
        std::tie(added.value, added.offset, added.row, added.run, std::ignore) = key;
    }
    return found->second;
}

LoopOperand LoopPlanner::input(const Operand& x) {
    const std::int64_t size = bytes_of(x.dtype);
    largest_ = std::max(largest_, size);
    if (made_.contains(x.value) && !outside_.contains(x.value)) {
        if (slots_.contains(x.value)) return {Place::scratch, slots_.at(x.value), 1, size, order_};
        return {Place::product, 0, 1, size, order_};
    }
    const std::int64_t row = x.run == 0 && !is_number(x) && x.shape.size() != count_ ? x.shape.size() : 0;
    const std::size_t index = array({x.value, x.offset, row, x.run, is_number(x)});
    LoopArray& from = loop_->arrays[index];
    if (x.run > 0) {
        from.registers = x.shape.size() * size / lane_bytes;
        const std::int64_t divisor = x.run & -x.run;
        run_ = run_ == 0 ? divisor : std::min(run_, divisor);
    } else if (is_number(x) && !(planner_.is_filled_.contains(x.value) && x.offset == 0)) {
        from.repeats = static_cast<std::size_t>(size);
    }
    return {Place::array, index, is_number(x) || x.run > 0 ? 0 : 1, size, order_};
}

LoopOperand LoopPlanner::output(int id) {
    const std::int64_t size = bytes_of(graph_.value(id).dtype);
    largest_ = std::max(largest_, size);
    if (outside_.contains(id)) {
        const std::size_t index = array({id, 0, 0, 0, false});
        loop_->arrays[index].written = true;
        return {Place::array, index, 1, size, order_};
    }
    planner_.in_scratch_.insert(id);
    if (free_slots_.empty()) free_slots_.push_back(loop_->slots++);
    const std::size_t slot = slots_[id] = free_slots_.back();
    free_slots_.pop_back();
    if (!last_use_.contains(id)) free_slots_.push_back(slot);
    return {Place::scratch, slot, 1, size, order_};
}

/// The slots of values that instruction k reads last: those whose elements are as large as its result's, or the others.
void LoopPlanner::free_inputs(std::size_t k, bool as_large) {
    for (const auto& [id, last] : last_use_)
        if (last == order_ && slots_.contains(id) && (bytes_of(graph_.value(id).dtype) == bytes_of(dtype_of(k))) == as_large)
            free_slots_.push_back(slots_.at(id));
}

void LoopPlanner::add_product() {
    const int made = instruction(instructions_[0]).outputs[0];
    loop_->kernels.push_back({instructions_[0]});
    loop_->product = LoopProduct{instructions_[0], *planner_.problem_of(instruction(instructions_[0]))};
    if (outside_.contains(made)) loop_->product->array = static_cast<int>(output(made).index);
    else planner_.in_scratch_.insert(made);
}

void LoopPlanner::add_total(std::size_t k) {
    loop_->kernels.push_back({k});
    LoopOp& op = loop_->ops.emplace_back();
    op.inputs.push_back(input(instruction(k).inputs[0]));
    op.total = instruction(k).outputs[0];
    op.mean = instruction(k).operation.mean;
    loop_->total_dtype = instruction(k).inputs[0].dtype;
    ++loop_->totals;
    planner_.is_filled_.insert(op.total);
    free_inputs(k, true);
    free_inputs(k, false);
}

void LoopPlanner::add_single(std::size_t k) {
    loop_->kernels.push_back({k});
    const Operation& operation = instruction(k).operation;
    LoopOp op;
    for (const Operand& x : instruction(k).inputs) op.inputs.push_back(input(x));
    op.kernel = operation.kernel;
    op.padded = operation.padded;
    op.lanes = padded_count(1, dtype_of(k));
    op.function = operation.function.get();
    // A result may lie where an input lay whose elements are as large: others it would overwrite before they are read.
    free_inputs(k, true);
    for (const int id : instruction(k).outputs) op.outputs.push_back(output(id));
    free_inputs(k, false);
    loop_->ops.push_back(std::move(op));
}

/// Several instructions as one op. Operands have their places as they would one by one.
void LoopPlanner::add_kernel(const KernelInstructions& group) {
    const GroupPlan made = plan(group);
    AssembledKernel assembled = assemble(made.kernel);
    if (!assembled.kernel) {
        for (const std::size_t k : group) {
            add_single(k);
            ++order_;
        }
        return;
    }
    loop_->kernels.push_back(group);
    LoopOp op;
    op.kernel = assembled.kernel;
    op.code = std::move(assembled.code);
    std::vector<std::optional<LoopOperand>> inputs(made.inputs.size());
    for (std::size_t s = 0; s < group.size(); ++s, ++order_) {
        for (const int operand : made.kernel.steps[s].operands) {
            const auto id = static_cast<std::size_t>(operand);
            if (operand >= 0 && id < inputs.size()) inputs[id] = input(made.inputs[id]);
        }
        free_inputs(group[s], true);
        if (made.kernel.steps[s].is_written) op.outputs.push_back(output(instruction(group[s]).outputs[0]));
        else planner_.in_scratch_.insert(instruction(group[s]).outputs[0]);
    }
    for (const auto& operand : inputs) op.inputs.push_back(*operand);
    loop_->ops.push_back(std::move(op));
}

void LoopPlanner::choose_block() {
    const std::int64_t slots = std::max<std::int64_t>(1, static_cast<std::int64_t>(loop_->slots));
    const std::int64_t fits = scratch_budget / slots / largest_ / least_block * least_block;
    loop_->block = std::clamp<std::int64_t>(fits, least_block, largest_block);
    if (run_ > 0)  // a block is for one register of theirs
        loop_->block = std::min(run_, static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(loop_->block))));
    for (LoopArray& from : loop_->arrays)
        if (from.row > 0)
            from.rows.resize(static_cast<std::size_t>((loop_->block / from.row + 2) * from.row *
                                                      bytes_of(graph_.value(from.value).dtype)));
}

std::unique_ptr<Loop> LoopPlanner::run() {
    find_uses();
    loop_->count = count_;
    if (planner_.is_product(instruction(instructions_[0]))) add_product();
    const std::vector<KernelInstructions> all = groups();
    for (const KernelInstructions& group : all)
        for (const std::size_t k : group) {
            for (const Operand& x : instruction(k).inputs)
                if (made_.contains(x.value)) last_use_[x.value] = order_;
            ++order_;
        }
    order_ = 0;
    for (const KernelInstructions& group : all) {
        if (group.size() > 1) {
            add_kernel(group);
            continue;
        }
        if (instruction(group[0]).operation.kind == Kind::total) add_total(group[0]);
        else add_single(group[0]);
        ++order_;
    }
    choose_block();
    loop_->scratch_bytes = static_cast<std::size_t>(loop_->block * largest_);
    loop_->pointers.resize(loop_->arrays.size());
    loop_->repeated.resize(loop_->arrays.size());
    loop_->partial.resize(static_cast<std::size_t>(loop_->totals) * static_cast<std::size_t>(count_ / 65536 + 1));
    return std::move(loop_);
}

void Planner::emit_loop(std::int64_t count, const std::vector<std::size_t>& instructions) {
    if (instructions.size() == 1 && is_product(graph_.instructions[instructions[0]])) return emit_general(instructions[0]);
    Command step;
    step.run = [](Program& program, const Command& s) { program.run_loop(*program.loops_[s.index]); };
    step.index = program_.loops_.size();
    program_.loops_.push_back(LoopPlanner(*this, count, instructions).run());
    Loop* const loop = program_.loops_.back().get();
    add_step(step, loop->kernels, loop);
}

}  // namespace cotangent::detail
