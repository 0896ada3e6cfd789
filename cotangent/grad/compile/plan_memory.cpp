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
    // An op that throws leaves the arguments as they were, so none gives its memory away before the last op that may.
    for (std::size_t k = 0; k < graph_.inputs.size(); ++k)
        if (last[static_cast<std::size_t>(graph_.inputs[k])] < last_general_) program_.is_taken_[k] = false;
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

/// A copy that is another value moved by a few elements, with others at one end, lies where that value lies: the others are
/// in the room that buffers have at their ends.
std::optional<Planner::Moved> Planner::moved(const CopyOp& copy) const {
    const auto longest = std::max_element(copy.pieces.begin(), copy.pieces.end(),
                                          [](const CopyOp::Piece& a, const CopyOp::Piece& b) { return a.bytes < b.bytes; });
    if (longest == copy.pieces.end() || longest->value < 0 || value(longest->value).dtype != value(copy.output).dtype) return std::nullopt;
    const Moved result{longest->value, longest->offset - longest->to};
    const std::int64_t bytes = value(result.of).bytes();
    if (result.by < -buffer_room || result.by + value(copy.output).bytes() > bytes + buffer_room) return std::nullopt;
    for (const CopyOp::Piece& piece : copy.pieces) {
        const std::int64_t at = result.by + piece.to;
        if (&piece != &*longest && at + piece.bytes > 0 && at < bytes) return std::nullopt;
    }
    return result;
}

/// Which copies need none. A value's room before it and behind it is for one of them each; they keep its memory until they are
/// not read any more.
void Planner::find_moved(std::vector<bool>& has_buffer, std::vector<int>& last) {
    std::set<std::pair<int, bool>> taken;
    for (const auto& copy : program_.copies_) {
        const auto id = static_cast<std::size_t>(copy->output);
        const std::optional<Moved> found = moved(*copy);
        if (!found || !has_buffer[id] || !has_buffer[static_cast<std::size_t>(found->of)]) continue;
        const bool before = found->by < 0, behind = found->by + value(copy->output).bytes() > value(found->of).bytes();
        if ((before && taken.contains({found->of, true})) || (behind && taken.contains({found->of, false}))) continue;
        if (before) taken.insert({found->of, true});
        if (behind) taken.insert({found->of, false});
        has_buffer[id] = false;
        moved_[copy->output] = *found;
        int& until = last[static_cast<std::size_t>(found->of)];
        until = std::max(until, last[id]);
        std::erase_if(copy->pieces, [&](const CopyOp::Piece& piece) {
            return piece.value == found->of && piece.offset - piece.to == found->by;
        });
    }
}

/// Does a loop read a value that lies, moved, where another lies?
bool Planner::reads_moved(const Loop& loop, int of) const {
    return std::any_of(loop.arrays.begin(), loop.arrays.end(), [&](const LoopArray& array) {
        const auto found = moved_.find(array.value);
        return found != moved_.end() && found->second.of == of;
    });
}

/// Values that loops and copies make, and that do not leave the program, get buffers, one after the other. What a loop
/// writes may lie where it reads from, if that is its last use.
void Planner::share_buffers(const std::vector<int>& first, std::vector<int> last, const std::vector<bool>& kept) {
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
        has_buffer[id] = step_plans_memory_[static_cast<std::size_t>(first[id])];
    }
    find_moved(has_buffer, last);
    for (std::size_t id = 0; id < first.size(); ++id) {
        if (!has_buffer[id]) continue;
        made[static_cast<std::size_t>(first[id])].push_back(static_cast<int>(id));
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
                        reads_moved(*step_loops_[s], before) || !replaced.insert(before).second)
                        continue;
                    slot = program_.slots_[b];
                    break;
                }
            }
            if (!slot.has_storage()) {
                auto& buffers = free[{value(id).dtype, value(id).shape.size()}];
                if (buffers.empty()) {
                    const std::int64_t count = value(id).shape.size(), room = buffer_room / static_cast<std::int64_t>(size_of(value(id).dtype));
                    program_.buffers_.push_back(Tensor::uninitialized({count + 2 * room}, value(id).dtype));
                    buffers.push_back(program_.buffers_.back().view({count}, room));
                }
                slot = buffers.back();
                buffers.pop_back();
            }
            program_.is_fixed_[static_cast<std::size_t>(id)] = true;
        }
        for (const auto& [id, from] : moved_) {
            if (first[static_cast<std::size_t>(id)] != static_cast<int>(s)) continue;
            const std::int64_t by = from.by / static_cast<std::int64_t>(size_of(value(id).dtype));
            program_.slots_[static_cast<std::size_t>(id)] =
                program_.slots_[static_cast<std::size_t>(from.of)].view({value(id).shape.size()}, by);
            program_.is_fixed_[static_cast<std::size_t>(id)] = true;
        }
        for (const int id : gone[s])
            if (is_fixed(id) && !replaced.contains(id)) give_back(id);
    }
}

}  // namespace cotangent::detail
