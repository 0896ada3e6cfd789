#include <algorithm>
#include <map>
#include <set>

#include "cotangent/grad/compile/planner.hpp"

#include <fmt/format.h>

namespace cotangent::detail {
namespace {

std::string bytes_text(double bytes) {
    if (bytes < 10e3) return fmt::format("{:.0f} B", bytes);
    if (bytes < 10e6) return fmt::format("{:.1f} kB", bytes / 1e3);
    return fmt::format("{:.1f} MB", bytes / 1e6);
}

std::string count_text(double count) {
    if (count < 10e3) return fmt::format("{:.0f}", count);
    if (count < 10e6) return fmt::format("{:.1f} k", count / 1e3);
    return fmt::format("{:.1f} M", count / 1e6);
}

}  // namespace

std::string Program::explanation() const {
    const auto& instructions = graph_->instructions;
    const auto value = [&](int id) -> const Value& { return graph_->values[static_cast<std::size_t>(id)]; };
    const auto flops_of = [&](const Instruction& instruction) {
        if (instruction.operation.flops >= 0) return instruction.operation.flops;
        double sum = 0;
        for (const int output : instruction.outputs)
            if (output >= 0) sum += static_cast<double>(value(output).shape.size());
        return sum;
    };
    std::map<int, const CopyOp*> copies;  // by what they make
    for (const auto& copy : copies_) copies[copy->output] = copy.get();
    constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::vector<std::size_t> step_of(instructions.size(), nowhere);
    for (std::size_t s = steps_.size(); s-- > 0;)
        for (const KernelInstructions& kernel : step_kernels_[s])
            for (const std::size_t k : kernel) step_of[k] = s;
    std::vector<std::set<std::size_t>> takers(graph_->values.size());  // the steps that take a value; nowhere: the caller
    for (std::size_t k = 0; k < instructions.size(); ++k)
        for (const Operand& x : instructions[k].inputs) takers[static_cast<std::size_t>(x.value)].insert(step_of[k]);
    for (const Operand& x : results_) takers[static_cast<std::size_t>(x.value)].insert(nowhere);
    std::string lines;
    double all_flops = 0, all_bytes = 0;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
        const bool repeated = s > 0 && step_kernels_[s] == step_kernels_[s - 1];  // the copies of one concatenation
        if (repeated) continue;
        // What a step makes for itself is not moved.
        std::vector<int> read, written, made;
        double flops = 0;
        std::string names, shape;
        std::vector<std::size_t> done;
        for (const KernelInstructions& kernel : step_kernels_[s])
            for (const std::size_t k : kernel) {
                done.push_back(k);
                if (!names.empty()) names += k == kernel[0] ? ", " : "+";
                names += instructions[k].operation.name;
            }
        for (const std::size_t k : done) {
            const Instruction& instruction = instructions[k];
            flops += flops_of(instruction);
            for (const Operand& x : instruction.inputs) read.push_back(x.value);
            for (const int output : instruction.outputs)
                if (output >= 0) made.push_back(output);
        }
        for (const int id : made) {
            const std::set<std::size_t>& of = takers[static_cast<std::size_t>(id)];
            if (of.size() > of.count(s)) written.push_back(id);
        }
        std::sort(read.begin(), read.end());
        read.erase(std::unique(read.begin(), read.end()), read.end());
        double bytes = 0;
        for (const int id : read)
            if (std::find(made.begin(), made.end(), id) == made.end()) bytes += static_cast<double>(value(id).bytes());
        for (const int id : written) {
            bytes += static_cast<double>(value(id).bytes());
            if (!shape.empty()) shape += ' ';
            shape += to_string(value(id).shape);
        }
        const char* what = done.size() > 1 ? "fused" : "";
        const auto copy = done.size() == 1 ? copies.find(instructions[done[0]].outputs[0]) : copies.end();
        if (copy != copies.end()) {
            double copied = 0;
            for (const CopyOp::Piece& piece : copy->second->pieces) copied += (piece.value < 0 ? 1.0 : 2.0) * static_cast<double>(piece.bytes);
            if (copied < bytes / 2) what = "moved";
            bytes = copied;
        }
        all_flops += flops;
        all_bytes += bytes;
        lines += fmt::format("{:>4}  {:<6} {:>10} {:>10}  {} -> {}\n", s, what, bytes_text(bytes), count_text(flops), names, shape);
    }
    double small = 0, large = 0;
    for (std::size_t id = 0; id < slots_.size(); ++id)  // those in a buffer share its memory
        if (is_fixed_[id] && graph_->values[id].kind != Value::Kind::constant && slots_[id].has_storage() &&
            slots_[id].is_sole_owner())
            small += static_cast<double>(slots_[id].bytes());
    for (const Tensor& buffer : buffers_) large += static_cast<double>(buffer.bytes());
    std::size_t folded = 0;
    for (const Value& v : graph_->values) folded += v.kind == Value::Kind::constant;
    return fmt::format("{} ops recorded, {} left after simplification, in {} steps; {} constants\n"
                       "{} moved, {} FLOPs a call; {} kept for small values, {} in buffers for large ones\n"
                       "step            bytes      FLOPs  ops -> shapes\n{}",
                       recorded_ops_, instructions.size(), steps_.size(), folded, bytes_text(all_bytes), count_text(all_flops),
                       bytes_text(small), bytes_text(large), lines);
}

}  // namespace cotangent::detail
