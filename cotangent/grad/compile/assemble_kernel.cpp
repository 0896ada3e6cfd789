#include "cotangent/grad/compile/assemble_kernel.hpp"

#include <algorithm>
#include <utility>

#include "cotangent/grad/compile/machine_code.hpp"

namespace cotangent::detail {
int operand_count(Arithmetic op) {
    switch (op) {
        case Arithmetic::none: return 0;
        case Arithmetic::negative:
        case Arithmetic::square:
        case Arithmetic::sqrt:
        case Arithmetic::abs: return 1;
        case Arithmetic::add:
        case Arithmetic::subtract:
        case Arithmetic::multiply:
        case Arithmetic::divide:
        case Arithmetic::maximum:
        case Arithmetic::minimum: return 2;
        case Arithmetic::divide_by_number:
        case Arithmetic::multiply_add:
        case Arithmetic::multiply_subtract:
        case Arithmetic::subtract_product: return 3;
    }
    return 0;
}

#ifdef COTANGENT_ASSEMBLES
namespace {

constexpr std::size_t most_arrays = 12;  // each has a general register

/// How many steps read each value, and the last of them.
struct Uses {
    std::vector<int> count, last;

    explicit Uses(const KernelPlan& plan) : count(plan.repeats.size() + plan.steps.size()), last(count.size(), -1) {
        for (std::size_t k = 0; k < plan.steps.size(); ++k)
            for (int i = 0; i < operand_count(plan.steps[k].op); ++i) {
                const auto id = static_cast<std::size_t>(plan.steps[k].operands[static_cast<std::size_t>(i)]);
                ++count[id];
                last[id] = static_cast<int>(k);
            }
    }
};

/// The most values that are in registers at once. An input that is read once goes straight into its step.
int most_values(const KernelPlan& plan, const Uses& uses) {
    const std::size_t inputs = plan.repeats.size();
    std::vector<bool> is_held(uses.count.size());
    int held = 0, most = 0;
    for (std::size_t k = 0; k < plan.steps.size(); ++k) {
        const auto& operands = plan.steps[k].operands;
        const auto n = static_cast<std::size_t>(operand_count(plan.steps[k].op));
        for (std::size_t i = 0; i < n; ++i) {
            const auto id = static_cast<std::size_t>(operands[i]);
            if (id < inputs && (plan.repeats[id] || uses.count[id] == 1 || is_held[id])) continue;
            held += !is_held[id];
            is_held[id] = true;
        }
        most = std::max(most, held);
        for (std::size_t i = 0; i < n; ++i) {
            const auto id = static_cast<std::size_t>(operands[i]);
            if (uses.last[id] == static_cast<int>(k) && is_held[id]) {
                is_held[id] = false;
                --held;
            }
        }
        if (uses.count[inputs + k] > 0) {
            is_held[inputs + k] = true;
            most = std::max(most, ++held);
        }
    }
    return most;
}

/// A loop over arrays.
class LoopCode : public ArithmeticCode {
public:
    explicit LoopCode(const KernelPlan& plan)
        : ArithmeticCode(2048 + 512 * plan.steps.size(), plan.dtype == Dtype::float64), plan_(plan), uses_(plan_) {
        const std::size_t inputs = plan.repeats.size();
        pointers_.resize(inputs + plan.steps.size());
        numbers_.resize(inputs);
        const int spare = value_registers - most_values(plan, uses_);
        for (std::size_t id = 0; id < inputs; ++id) {
            if (!plan.repeats[id]) {
                pointers_[id] = general(arrays_++);
                continue;
            }
            if (hoisted_ < spare) numbers_[id].in_register = value_registers - 1 - hoisted_++;
            else numbers_[id].at = frame_++ * register_bytes;
        }
        for (std::size_t k = 0; k < plan.steps.size(); ++k) {
            if (plan.steps[k].is_written) pointers_[inputs + k] = general(arrays_++);
            if (plan.steps[k].op == Arithmetic::divide_by_number) least_at_.push_back(frame_++ * register_bytes);
        }
        write();
    }

private:
    /// A number in a register for the whole kernel, or else in its frame.
    struct Number {
        int in_register = -1;
        int at = 0;
    };
    // ElementKernel's parameters.
    const Reg64 inputs_ = rsi, outputs_ = rcx, count_ = r8;
    // After the addresses have been read.
    const Reg64 offset_ = rsi, whole_ = rcx;

    static Reg64 general(std::size_t k) {
        using Xbyak::Operand;
        constexpr std::array registers{Operand::RAX, Operand::RDX, Operand::RDI, Operand::R9,  Operand::R10, Operand::R11,
                                       Operand::RBX, Operand::RBP, Operand::R12, Operand::R13, Operand::R14, Operand::R15};
        static_assert(registers.size() == most_arrays);
        return Reg64(registers[k]);
    }
    [[nodiscard]] bool is_input(std::size_t id) const { return id < plan_.repeats.size(); }

    void write() {
        const std::array saved{rbx, rbp, r12, r13, r14, r15};
        const std::size_t used = std::min(saved.size(), arrays_ - std::min<std::size_t>(arrays_, 6));
        for (std::size_t k = 0; k < used; ++k) push(saved[k]);
        if (frame_ > 0) make_frame();
        fetch_numbers();
        fetch_addresses();
        shl(count_, is_double_ ? 3 : 2);  // bytes from here on
        mov(whole_, count_);
        and_(whole_, -register_bytes);
        xor_(Xbyak::Reg32(offset_.getIdx()), Xbyak::Reg32(offset_.getIdx()));
        Label registers, rest, done;
        test(whole_, whole_);
        jz(rest, T_NEAR);
        align(32);
        L(registers);
        write_steps(false);
        add_offset(register_bytes);
        cmp(offset_, whole_);
        jl(registers, T_NEAR);
        L(rest);
        sub(count_, whole_);
        jz(done, T_NEAR);
        lea(whole_, ptr[rip + ones_then_zeros_]);
        sub(whole_, count_);
        vmovups(mask_, ptr[whole_ + register_bytes]);
        write_steps(true);
        L(done);
        if (frame_ > 0) mov(rsp, ptr[rsp + frame_ * register_bytes]);
        for (std::size_t k = used; k-- > 0;) pop(saved[k]);
        vzeroupper();
        ret();
        write_exceptions();
        write_constants();
    }
    void add_offset(int bytes) { CodeGenerator::add(offset_, bytes); }

    /// Room for numbers, aligned; the old end of the stack lies behind it.
    void make_frame() {
        mov(rax, rsp);
        sub(rsp, (frame_ + 1) * register_bytes);
        and_(rsp, -register_bytes);
        mov(ptr[rsp + frame_ * register_bytes], rax);
    }

    void fetch_numbers() {
        for (std::size_t id = 0; id < numbers_.size(); ++id) {
            if (!plan_.repeats[id]) continue;
            mov(rax, ptr[inputs_ + static_cast<int>(id) * 8]);
            const Number& number = numbers_[id];
            if (number.in_register >= 0) {
                vmovups(Ymm(number.in_register), ptr[rax]);
            } else {
                vmovups(work_, ptr[rax]);
                vmovaps(ptr[rsp + number.at], work_);
            }
        }
        // Of a divisor that leaves the range, no dividend is within.
        std::size_t division = 0;
        for (const KernelPlan::Step& step : plan_.steps) {
            if (step.op != Arithmetic::divide_by_number) continue;
            mov(rax, ptr[inputs_ + step.operands[1] * 8]);
            vmovups(work_, ptr[rax]);
            vandps(work_, work_, ptr[rip + all_but_sign_]);
            compare(more_work_, work_, ptr[rip + least_], not_greater_or_equal);
            compare(work_, work_, ptr[rip + most_], not_less_or_equal);
            vorps(work_, work_, more_work_);
            vmovaps(more_work_, ptr[rip + least_]);
            choose(work_, more_work_, ptr[rip + infinity_], work_);
            vmovaps(ptr[rsp + least_at_[division++]], work_);
        }
    }

    void fetch_addresses() {
        const auto inputs = static_cast<int>(plan_.repeats.size());
        for (int id = 0; id < inputs; ++id)
            if (!plan_.repeats[static_cast<std::size_t>(id)])
                mov(*pointers_[static_cast<std::size_t>(id)], ptr[inputs_ + id * 8]);
        int output = 0;
        for (std::size_t k = 0; k < plan_.steps.size(); ++k)
            if (plan_.steps[k].is_written) mov(*pointers_[plan_.repeats.size() + k], ptr[outputs_ + 8 * output++]);
    }

    [[nodiscard]] Address element(std::size_t id) { return ptr[*pointers_[id] + offset_]; }

    /// An operand of the step at hand; in a register, if it must be.
    Place find(int operand, std::size_t position, bool in_register) {
        const auto id = static_cast<std::size_t>(operand);
        if (held_[id] >= 0) return {Ymm(held_[id]), {}};
        if (is_input(id) && plan_.repeats[id]) {
            if (numbers_[id].in_register >= 0) return {Ymm(numbers_[id].in_register), {}};
            const Address in_frame = ptr[rsp + numbers_[id].at];
            if (!in_register) return {Ymm(0), in_frame};
            vmovaps(loaded_[position], in_frame);
            return {loaded_[position], {}};
        }
        const bool is_kept = uses_.count[id] > 1;
        if (!is_kept && !in_register && !is_rest_) return {Ymm(0), element(id)};
        const Ymm to = is_kept ? take(id) : loaded_[position];
        if (is_rest_) load_part(to, element(id));
        else vmovups(to, element(id));
        return {to, {}};
    }
    /// A free register for a value.
    Ymm take(std::size_t id) {
        held_[id] = free_.back();
        free_.pop_back();
        return Ymm(held_[id]);
    }

    void write_steps(bool is_rest) {
        is_rest_ = is_rest;
        held_.assign(uses_.count.size(), -1);
        free_.clear();
        for (int k = value_registers - hoisted_; k-- > 0;) free_.push_back(k);
        division_ = 0;
        for (std::size_t k = 0; k < plan_.steps.size(); ++k) write_step(k);
    }

    void write_step(std::size_t k) {
        const KernelPlan::Step& step = plan_.steps[k];
        const auto n = static_cast<std::size_t>(operand_count(step.op));
        std::array<int, 3> operands = step.operands;
        if (commutes(step.op) && !is_in_register(operands[0]) && is_in_register(operands[1]))
            std::swap(operands[0], operands[1]);
        std::array<Place, 3> at;
        for (std::size_t i = 0; i < n; ++i) at[i] = find(operands[i], i, !may_be_in_memory(step.op, i));
        for (std::size_t i = 0; i < n; ++i) {
            const auto id = static_cast<std::size_t>(operands[i]);
            if (held_[id] < 0 || uses_.last[id] != static_cast<int>(k)) continue;
            free_.push_back(held_[id]);
            held_[id] = -1;
        }
        const std::size_t id = plan_.repeats.size() + k;
        const Ymm to = uses_.count[id] > 0 ? take(id) : work_;
        const bool divides = step.op == Arithmetic::divide_by_number;
        write_operation(step.op, to, at, ptr[rsp + (divides ? least_at_[division_++] : 0)]);
        if (!step.is_written) return;
        if (is_rest_) store_part(element(id), to);
        else vmovups(element(id), to);
    }
    [[nodiscard]] bool is_in_register(int operand) const {
        const auto id = static_cast<std::size_t>(operand);
        return held_[id] >= 0 || (is_input(id) && plan_.repeats[id] && numbers_[id].in_register >= 0);
    }

    const KernelPlan plan_;
    const Uses uses_;
    std::vector<std::optional<Reg64>> pointers_;  // of inputs and written steps
    std::vector<Number> numbers_;                 // by input
    std::vector<int> least_at_;                   // by division: the least dividend in range, in the frame
    std::size_t arrays_ = 0;
    int hoisted_ = 0, frame_ = 0;  // numbers in registers, registers in the frame
    // While steps are written.
    bool is_rest_ = false;  // of fewer elements than a register has
    std::vector<int> held_, free_;
    std::size_t division_ = 0;
};

}  // namespace

bool can_assemble(const KernelPlan& plan) {
    const Uses uses(plan);
    const std::size_t inputs = plan.repeats.size();
    std::size_t arrays = static_cast<std::size_t>(std::count(plan.repeats.begin(), plan.repeats.end(), false));
    for (const KernelPlan::Step& step : plan.steps) {
        arrays += step.is_written;
        if (step.op != Arithmetic::divide_by_number) continue;
        for (int i = 1; i < 3; ++i) {
            const auto id = static_cast<std::size_t>(step.operands[static_cast<std::size_t>(i)]);
            if (id >= inputs || !plan.repeats[id]) return false;
        }
    }
    return arrays <= most_arrays && most_values(plan, uses) <= ArithmeticCode::value_registers;
}

bool assembles_kernels() { return true; }
AssembledKernel assemble(const KernelPlan& plan) { return assembled<LoopCode>(plan); }

#else

bool assembles_kernels() { return false; }
bool can_assemble(const KernelPlan&) { return false; }
AssembledKernel assemble(const KernelPlan&) { return {}; }

#endif

}  // namespace cotangent::detail
