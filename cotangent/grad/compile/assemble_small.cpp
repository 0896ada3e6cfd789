#include "cotangent/grad/compile/assemble_small.hpp"

#include <algorithm>
#include <map>

#include "cotangent/grad/compile/machine_code.hpp"

namespace cotangent::detail {

#ifdef COTANGENT_ASSEMBLES
namespace {

/// No loops: every value as registers, numbered through, and what is done with each.
class StraightCode : public ArithmeticCode {
public:
    explicit StraightCode(const SmallPlan& plan)
        : ArithmeticCode(4096 + 112 * most_operations(plan), plan.dtype == Dtype::float64), plan_(plan) {
        number_registers();
        list_operations();
        write();
    }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// One register's worth of a value, or of what a sum needs in between.
    struct Part {
        std::byte* memory = nullptr;  // null: it has none, or only in the frame
        bool is_broadcast = false;    // one number that is to fill the register
        bool is_number = false;
        bool is_kept = false;            // a result that is to be in memory in the end
        std::vector<std::size_t> reads;  // operations, in order
        std::size_t next_read = 0;
        int held = -1;  // by which register
        bool is_stored = false;
        int at = -1;  // in the frame
    };
    struct Operation {
        Arithmetic op = Arithmetic::none;  // none: the sum of a register's lanes, and of the numbers behind it
        std::array<std::size_t, 3> operands{none, none, none};
        std::size_t result = none;
        std::size_t rest_of = none;  // the part that the numbers lie in
        int rest = 0;                // how many
        std::int64_t mean_of = 0;    // 0: no mean
    };

    static std::size_t most_operations(const SmallPlan& plan) {
        std::size_t sum = 0;
        for (const SmallPlan::Step& step : plan.steps) {
            const std::int64_t count = std::max(plan.values[static_cast<std::size_t>(step.operands[0])].count,
                                                plan.values[static_cast<std::size_t>(step.result)].count);
            sum += static_cast<std::size_t>(count) / 4 + 8;
        }
        return sum;
    }
    [[nodiscard]] int lanes() const { return register_bytes / (is_double_ ? 8 : 4); }
    [[nodiscard]] std::int64_t registers_of(const SmallPlan::Value& value) const {
        return (value.count + lanes() - 1) / lanes();
    }

    void number_registers() {
        for (const SmallPlan::Value& value : plan_.values) {
            first_.push_back(parts_.size());
            for (std::int64_t r = 0; r < registers_of(value); ++r) {
                Part& part = parts_.emplace_back();
                part.memory = value.memory ? value.memory + r * register_bytes : nullptr;
                part.is_stored = true;
                part.is_number = value.count == 1;
                part.is_broadcast = part.is_number && !value.is_filled;
            }
        }
        for (const SmallPlan::Step& step : plan_.steps)
            for (std::size_t p = first_part(step.result); p < first_part(step.result) + parts_of(step.result); ++p) {
                parts_[p].is_stored = parts_[p].is_broadcast = false;
                parts_[p].is_kept = parts_[p].memory != nullptr;
            }
    }
    [[nodiscard]] const SmallPlan::Value& value(int id) const { return plan_.values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::size_t first_part(int id) const { return first_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::size_t parts_of(int id) const { return static_cast<std::size_t>(registers_of(value(id))); }
    [[nodiscard]] std::size_t part(int id, std::size_t r) const { return first_part(id) + (value(id).count == 1 ? 0 : r); }

    /// Steps of one length that follow each other are done a register at a time.
    void list_operations() {
        for (std::size_t s = 0; s < plan_.steps.size();) {
            if (plan_.steps[s].op == Arithmetic::none) {
                list_sum(plan_.steps[s++]);
                continue;
            }
            const std::size_t parts = parts_of(plan_.steps[s].result);
            std::size_t end = s;
            while (end < plan_.steps.size() && plan_.steps[end].op != Arithmetic::none &&
                   parts_of(plan_.steps[end].result) == parts)
                ++end;
            // With one register each the result of one step may be what another repeats: in their order.
            for (std::size_t r = 0; r < parts; ++r)
                for (std::size_t k = s; k < end; ++k) {
                    const SmallPlan::Step& step = plan_.steps[k];
                    Operation operation;
                    operation.op = step.op;
                    for (std::size_t i = 0; i < static_cast<std::size_t>(operand_count(step.op)); ++i)
                        operation.operands[i] = part(step.operands[i], r);
                    operation.result = first_part(step.result) + r;
                    list(operation);
                }
            s = end;
        }
    }
    std::size_t list(const Operation& operation) {
        for (const std::size_t operand : operation.operands)
            if (operand != none && (parts_[operand].reads.empty() || parts_[operand].reads.back() != operations_.size()))
                parts_[operand].reads.push_back(operations_.size());
        operations_.push_back(operation);
        return operation.result;
    }
    /// Four running sums of whole registers, then the lanes of their sum, then what is left.
    void list_sum(const SmallPlan::Step& step) {
        const int x = step.operands[0];
        const std::int64_t count = value(x).count;
        const auto whole = static_cast<std::size_t>(count / lanes());
        std::vector<std::size_t> sums;
        const auto add_up = [this](std::size_t a, std::size_t b) {
            parts_.emplace_back();
            return list({Arithmetic::add, {a, b, none}, parts_.size() - 1});
        };
        for (std::size_t r = 0; r < whole; ++r) {
            if (r < 4) sums.push_back(part(x, r));
            else sums[r % 4] = add_up(sums[r % 4], part(x, r));
        }
        for (std::size_t k = 0; k + 1 < sums.size(); k += 2) sums[k] = add_up(sums[k], sums[k + 1]);
        Operation lanes_of;
        if (!sums.empty()) lanes_of.operands[0] = sums.size() > 2 ? add_up(sums[0], sums[2]) : sums[0];
        lanes_of.result = first_part(step.result);
        lanes_of.rest = static_cast<int>(count % lanes());
        if (lanes_of.rest > 0) {
            lanes_of.rest_of = part(x, whole);
            parts_[lanes_of.rest_of].is_kept = !parts_[lanes_of.rest_of].is_stored;
            parts_[lanes_of.rest_of].reads.push_back(operations_.size());
        }
        if (step.mean) lanes_of.mean_of = count;
        list(lanes_of);
    }

    void write() {
        for (int k = value_registers; k-- > 0;) free_.push_back(k);
        find_bases();
        // The frame's size is known in the end: its place is kept, and the code before is short.
        Label start, body;
        jmp(start, T_NEAR);
        L(body);
        for (at_ = 0; at_ < operations_.size(); ++at_) write_operation_at();
        if (!plan_.steps.empty()) mov(rsp, rbp);
        pop(rbp);
        vzeroupper();
        ret();
        L(start);
        push(rbp);
        mov(rbp, rsp);
        if (frame_ > 0) {
            sub(rsp, frame_ * register_bytes);
            and_(rsp, -register_bytes);
        }
        for (std::size_t k = 0; k < bases_.size(); ++k) mov(base(k), reinterpret_cast<std::size_t>(bases_[k]));
        jmp(body, T_NEAR);
        write_constants();
        for (auto& [count, label] : counts_) {
            L(label);
            dq(std::bit_cast<std::uint64_t>(static_cast<double>(count)));
        }
    }

    static Reg64 base(std::size_t k) {
        using Xbyak::Operand;
        constexpr std::array registers{Operand::RAX, Operand::RCX, Operand::RDX, Operand::RSI, Operand::RDI,
                                       Operand::R8,  Operand::R9,  Operand::R10, Operand::R11};
        if (k >= registers.size()) throw Xbyak::Error(Xbyak::ERR_CANT_CONVERT);
        return Reg64(registers[k]);
    }
    /// Addresses that reach all memory by 32 bits.
    void find_bases() {
        constexpr std::ptrdiff_t reach = std::ptrdiff_t{1} << 30;
        std::vector<std::byte*> all;
        for (const Part& p : parts_)
            if (p.memory) all.push_back(p.memory);
        std::sort(all.begin(), all.end());
        for (std::byte* const memory : all)
            if (bases_.empty() || memory - bases_.back() > reach) bases_.push_back(memory);
        if (!bases_.empty()) (void)base(bases_.size() - 1);
    }
    [[nodiscard]] Address memory_of(std::size_t p, std::ptrdiff_t offset = 0) {
        Part& x = parts_[p];
        if (!x.memory) {
            if (x.at < 0) x.at = frame_++ * register_bytes;
            return ptr[rsp + (x.at + static_cast<int>(offset))];
        }
        const auto after = std::upper_bound(bases_.begin(), bases_.end(), x.memory);
        const auto k = static_cast<std::size_t>(after - bases_.begin()) - 1;
        return ptr[base(k) + static_cast<int>(x.memory - bases_[k] + offset)];
    }

    [[nodiscard]] std::size_t next_read(const Part& x) const {
        return x.next_read < x.reads.size() ? x.reads[x.next_read] : none;
    }
    /// A register for a part; what is read last of all, or never again, makes room.
    Ymm take(std::size_t p) {
        if (free_.empty()) {
            std::size_t farthest = none;
            for (const std::size_t q : holders_) {
                if (std::find(in_use_.begin(), in_use_.end(), q) != in_use_.end()) continue;
                if (farthest == none || next_read(parts_[q]) > next_read(parts_[farthest])) farthest = q;
            }
            if (!parts_[farthest].is_stored) store(farthest);
            release(farthest);
        }
        parts_[p].held = free_.back();
        holders_[static_cast<std::size_t>(parts_[p].held)] = p;
        free_.pop_back();
        return Ymm(parts_[p].held);
    }
    void release(std::size_t p) {
        free_.push_back(parts_[p].held);
        parts_[p].held = -1;
    }
    void store(std::size_t p) {
        vmovups(memory_of(p), Ymm(parts_[p].held));
        // A number fills what other kernels take for a register.
        if (parts_[p].is_number && parts_[p].memory)
            for (int more = register_bytes; more < lane_bytes; more += register_bytes)
                vmovups(memory_of(p, more), Ymm(parts_[p].held));
        parts_[p].is_stored = true;
    }
    void load(const Ymm& to, std::size_t p) {
        if (!parts_[p].is_broadcast) vmovups(to, memory_of(p));
        else if (is_double_) vbroadcastsd(to, memory_of(p));
        else vbroadcastss(to, memory_of(p));
    }

    Place find(std::size_t p, std::size_t position, bool in_register) {
        Part& x = parts_[p];
        if (x.held >= 0) return {Ymm(x.held), {}};
        const bool is_last = x.next_read + 1 >= x.reads.size();
        if (is_last && !in_register && !x.is_broadcast) return {Ymm(0), memory_of(p)};
        const Ymm to = is_last ? loaded_[position] : take(p);
        load(to, p);
        return {to, {}};
    }

    void write_operation_at() {
        const Operation& operation = operations_[at_];
        if (operation.op == Arithmetic::none) return write_lanes(operation);
        const auto n = static_cast<std::size_t>(operand_count(operation.op));
        std::array<std::size_t, 3> operands = operation.operands;
        if (commutes(operation.op) && parts_[operands[0]].held < 0 && parts_[operands[1]].held >= 0)
            std::swap(operands[0], operands[1]);
        in_use_ = operands;
        std::array<Place, 3> at;
        for (std::size_t i = 0; i < n; ++i) at[i] = find(operands[i], i, !may_be_in_memory(operation.op, i));
        finish_reads(operands);
        const Ymm to = take(operation.result);
        write_operation(operation.op, to, at, ptr[rsp]);
        finish_result(operation.result);
    }
    void finish_reads(const std::array<std::size_t, 3>& operands) {
        for (const std::size_t p : operands) {
            if (p == none) continue;
            Part& x = parts_[p];
            while (next_read(x) <= at_) ++x.next_read;
            if (x.held >= 0 && next_read(x) == none) release(p);
        }
    }
    void finish_result(std::size_t p) {
        if (parts_[p].is_kept) store(p);
        if (next_read(parts_[p]) == none) release(p);
    }

    /// (x0 + x1) + (x2 + x3), and one after the other what is left; in every lane.
    void write_lanes(const Operation& operation) {
        const std::size_t p = operation.operands[0];
        in_use_ = operation.operands;
        const Xbyak::Xmm sum(work_.getIdx()), upper(more_work_.getIdx());
        if (p == none) {
            vxorps(work_, work_, work_);
        } else {
            const Place x = find(p, 0, true);
            vhaddpd(work_, x.at, x.at);
            vextractf128(upper, work_, 1);
            vaddsd(sum, sum, upper);
        }
        for (int k = 0; k < operation.rest; ++k) vaddsd(sum, sum, memory_of(operation.rest_of, 8 * k));
        if (operation.mean_of > 0) {
            Label& label = counts_[operation.mean_of];
            vdivsd(sum, sum, ptr[rip + label]);
        }
        finish_reads({p, operation.rest_of, none});
        vbroadcastsd(take(operation.result), sum);
        finish_result(operation.result);
    }

    const SmallPlan plan_;
    std::vector<std::size_t> first_;  // part of each value
    std::vector<Part> parts_;
    std::vector<Operation> operations_;
    std::vector<std::byte*> bases_;
    std::map<std::int64_t, Label> counts_;  // that means divide by
    int frame_ = 0;                         // registers
    // While operations are written.
    std::size_t at_ = 0;
    std::vector<int> free_;
    std::array<std::size_t, value_registers> holders_{};  // the part in each register that is not free
    std::array<std::size_t, 3> in_use_{};                 // by the operation at hand
};

}  // namespace

AssembledKernel assemble(const SmallPlan& plan) { return assembled<StraightCode>(plan); }

#else

AssembledKernel assemble(const SmallPlan&) { return {}; }

#endif

}  // namespace cotangent::detail
