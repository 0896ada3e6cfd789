#pragma once
// Several arithmetic ops as one kernel, assembled for the machine at hand when a function is compiled: what only they use
// stays in registers. Its numbers are those of the ops' own kernels, bit for bit.
#include <array>
#include <memory>
#include <vector>

#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {

/// A run of arithmetic. Its values are numbered: the inputs first, then the result of each step.
struct KernelPlan {
    struct Step {
        Arithmetic op = Arithmetic::none;
        std::array<int, 3> operands{-1, -1, -1};
        bool is_written = false;  ///< an output of the kernel; outputs are in the order of their steps
    };
    Dtype dtype = Dtype::float64;  ///< of all values: float32 or float64
    std::vector<bool> repeats;     ///< an input is one number, in a register's worth of memory
    std::vector<Step> steps;
};

/// Of the registers that kernels work with.
inline constexpr int kernel_register_bytes = 32;

/// @return  how many operands an op has; 0: it is not one that can be assembled
[[nodiscard]] int operand_count(Arithmetic op);

/// Is this a build for which kernels are assembled: x86-64 with AVX2?
[[nodiscard]] bool assembles_kernels();

/// Are there registers enough for a kernel, in such a build?
[[nodiscard]] bool can_assemble(const KernelPlan& plan);

struct AssembledKernel {
    ElementKernel kernel = nullptr;    ///< null: the system gives no memory for code
    std::shared_ptr<const void> code;  ///< keeps it
};
/// An input is read before a step that comes after its last reader writes: outputs may lie where such inputs lie.
/// @param plan  one that can be assembled
[[nodiscard]] AssembledKernel assemble(const KernelPlan& plan);

}  // namespace cotangent::detail
