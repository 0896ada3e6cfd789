#pragma once
// Machine code for arithmetic on registers of float32 or float64: what all assembled kernels share.
#include <array>
#include <bit>
#include <deque>
#include <limits>
#include <optional>

#include "cotangent/grad/compile/assemble_kernel.hpp"
#include "cotangent/grad/compile/divide_by_number.hpp"
#include "cotangent/tensor/trace.hpp"

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__) && defined(__unix__)
#define COTANGENT_ASSEMBLES 1
#include <xbyak/xbyak.h>

namespace cotangent::detail {

/// Which operands of an op may lie in memory, by what x86 can do.
[[nodiscard]] inline bool may_be_in_memory(Arithmetic op, std::size_t position) {
    switch (op) {
        case Arithmetic::sqrt:
        case Arithmetic::abs: return true;
        case Arithmetic::maximum:
        case Arithmetic::minimum: return false;
        case Arithmetic::subtract_product: return position == 1;
        default: return position > 0;
    }
}
/// May the first two operands change places?
[[nodiscard]] inline bool commutes(Arithmetic op) {
    return op == Arithmetic::add || op == Arithmetic::multiply || op == Arithmetic::multiply_add ||
           op == Arithmetic::multiply_subtract || op == Arithmetic::subtract_product;
}

/// Vector registers 0 to 9 are for values; the others are for work.
class ArithmeticCode : public Xbyak::CodeGenerator {
public:
    static constexpr int value_registers = 10, register_bytes = kernel_register_bytes;

protected:
    using Address = Xbyak::Address;
    using Label = Xbyak::Label;
    using Reg64 = Xbyak::Reg64;
    using Ymm = Xbyak::Ymm;
    /// What a comparison asks for. @source  Intel 64 and IA-32 Architectures, volume 2, CMPPD
    static constexpr std::uint8_t less = 0x11, greater = 0x1e, not_greater_or_equal = 0x19, not_less_or_equal = 0x16,
                                  unordered = 0x03;

    ArithmeticCode(std::size_t most_bytes, bool is_double)
        : CodeGenerator(most_bytes, Xbyak::DontSetProtectRWE), is_double_(is_double) {}

    /// Where a step finds an operand.
    struct Place {
        Ymm at;
        std::optional<Address> memory;
        [[nodiscard]] const Xbyak::Operand& operand() const {
            return memory ? static_cast<const Xbyak::Operand&>(*memory) : at;
        }
    };

    const Ymm work_ = ymm10, more_work_ = ymm11;
    const std::array<Ymm, 3> loaded_{ymm12, ymm13, ymm14};  // an op's operands that are in memory
    const Ymm mask_ = ymm15;                                // of a register that is not full

    // One instruction for either width.
    void add(const Ymm& to, const Ymm& a, const Xbyak::Operand& b) { is_double_ ? vaddpd(to, a, b) : vaddps(to, a, b); }
    void subtract(const Ymm& to, const Ymm& a, const Xbyak::Operand& b) { is_double_ ? vsubpd(to, a, b) : vsubps(to, a, b); }
    void multiply(const Ymm& to, const Ymm& a, const Xbyak::Operand& b) { is_double_ ? vmulpd(to, a, b) : vmulps(to, a, b); }
    void divide(const Ymm& to, const Ymm& a, const Xbyak::Operand& b) { is_double_ ? vdivpd(to, a, b) : vdivps(to, a, b); }
    void root(const Ymm& to, const Xbyak::Operand& a) { is_double_ ? vsqrtpd(to, a) : vsqrtps(to, a); }
    void compare(const Ymm& to, const Ymm& a, const Xbyak::Operand& b, std::uint8_t how) {
        is_double_ ? vcmppd(to, a, b, how) : vcmpps(to, a, b, how);
    }
    void choose(const Ymm& to, const Ymm& otherwise, const Xbyak::Operand& where_set, const Ymm& mask) {
        is_double_ ? vblendvpd(to, otherwise, where_set, mask) : vblendvps(to, otherwise, where_set, mask);
    }
    void add_product(const Ymm& to, const Ymm& a, const Xbyak::Operand& b) {
        is_double_ ? vfmadd231pd(to, a, b) : vfmadd231ps(to, a, b);
    }
    void take_product(const Ymm& from, const Ymm& a, const Xbyak::Operand& b) {
        is_double_ ? vfnmadd231pd(from, a, b) : vfnmadd231ps(from, a, b);
    }
    void load_part(const Ymm& to, const Address& from) {
        is_double_ ? vmaskmovpd(to, mask_, from) : vmaskmovps(to, mask_, from);
    }
    void store_part(const Address& to, const Ymm& from) {
        is_double_ ? vmaskmovpd(to, mask_, from) : vmaskmovps(to, mask_, from);
    }

    /// `to` may be one of the operands' registers: it is written last. All operands but the second of two, the third of
    /// three and a root's must be in registers.
    /// @param least  of a division by a number: the least dividend that is within range, or infinity if the divisor is not
    void write_operation(Arithmetic op, const Ymm& to, const std::array<Place, 3>& x, const Address& least) {
        const Ymm& a = x[0].at;
        const Xbyak::Operand &b = x[1].operand(), &c = x[2].operand();
        switch (op) {
            case Arithmetic::none: break;
            case Arithmetic::add: add(to, a, b); break;
            case Arithmetic::subtract: subtract(to, a, b); break;
            case Arithmetic::multiply: multiply(to, a, b); break;
            case Arithmetic::divide: divide(to, a, b); break;
            case Arithmetic::divide_by_number: write_division(to, x, least); break;
            case Arithmetic::negative: vxorps(to, a, ptr[rip + sign_]); break;
            case Arithmetic::square: multiply(to, a, a); break;
            case Arithmetic::sqrt: root(to, x[0].operand()); break;
            case Arithmetic::abs:
                vmovaps(work_, ptr[rip + all_but_sign_]);
                vandps(to, work_, x[0].operand());
                break;
            case Arithmetic::maximum: write_choice(to, a, x[1].at, greater); break;
            case Arithmetic::minimum: write_choice(to, a, x[1].at, less); break;
            case Arithmetic::multiply_add:
                multiply(work_, a, b);
                add(to, work_, c);
                break;
            case Arithmetic::multiply_subtract:
                multiply(work_, a, b);
                subtract(to, work_, c);
                break;
            case Arithmetic::subtract_product:
                multiply(work_, a, b);
                subtract(to, x[2].at, work_);
                break;
        }
    }
    /// a where it compares so with b or is no number, else b.
    void write_choice(const Ymm& to, const Ymm& a, const Ymm& b, std::uint8_t how) {
        compare(work_, a, b, how);
        compare(more_work_, a, a, unordered);
        vorps(work_, work_, more_work_);
        choose(to, b, a, work_);
    }
    /// As divide_by_number() does it. The divisor and its reciprocal are numbers, so what would hold them is free for work.
    void write_division(const Ymm& to, const std::array<Place, 3>& x, const Address& least) {
        const Ymm& a = x[0].at;
        const Xbyak::Operand &divisor = x[1].operand(), &reciprocal = x[2].operand();
        multiply(work_, a, reciprocal);
        for (int k = 0; k < 2; ++k) {
            vmovaps(more_work_, a);
            take_product(more_work_, work_, divisor);
            add_product(work_, more_work_, reciprocal);
        }
        vandps(more_work_, a, ptr[rip + all_but_sign_]);
        compare(loaded_[1], more_work_, least, less);
        compare(more_work_, more_work_, ptr[rip + most_], greater);
        vorps(more_work_, more_work_, loaded_[1]);
        vptest(more_work_, more_work_);
        Exception& exception = exceptions_.emplace_back();
        exception.dividend = a;
        exception.divisor = x[1];
        jnz(exception.start, T_NEAR);
        L(exception.stop);
        vmovaps(to, work_);
    }

    /// Behind the kernel.
    void write_exceptions() {
        for (Exception& exception : exceptions_) {
            L(exception.start);
            divide(work_, exception.dividend, exception.divisor.operand());
            jmp(exception.stop, T_NEAR);
        }
    }
    template <class U>
    void write_constant(Label& label, U number) {
        L(label);
        for (std::size_t k = 0; k < register_bytes / sizeof(U); ++k) {
            if constexpr (sizeof(U) == 8) dq(std::bit_cast<std::uint64_t>(number));
            else dd(std::bit_cast<std::uint32_t>(number));
        }
    }
    template <class T>
    void write_constants_of() {
        write_constant(sign_, T(-0.0));
        write_constant(all_but_sign_, std::bit_cast<T>(~std::bit_cast<typename Lanes<T>::Integer>(T(-0.0))));
        write_constant(least_, 1 / most_divided<T>);
        write_constant(most_, most_divided<T>);
        write_constant(infinity_, std::numeric_limits<T>::infinity());
    }
    void write_constants() {
        align(register_bytes);
        write_constant(ones_then_zeros_, ~std::uint64_t{0});
        for (int k = 0; k < register_bytes / 8; ++k) dq(0);
        if (is_double_) write_constants_of<double>();
        else write_constants_of<float>();
    }

    const bool is_double_;
    Label ones_then_zeros_, sign_, all_but_sign_, least_, most_, infinity_;

private:
    /// Dividends out of range, behind the kernel.
    struct Exception {
        Label start, stop;
        Ymm dividend;
        Place divisor;
    };
    std::deque<Exception> exceptions_;
};

/// Without a kernel, where the system gives no memory for code, or Code's constructor throws.
template <class Code, class Plan>
[[nodiscard]] AssembledKernel assembled(const Plan& plan) {
    try {
        auto code = std::make_shared<Code>(plan);
        if (!code->setProtectModeRE(false)) return {};
        const auto kernel = code->template getCode<ElementKernel>();
        return {kernel, std::move(code)};
    } catch (const Xbyak::Error&) {
        return {};
    }
}

}  // namespace cotangent::detail
#endif
