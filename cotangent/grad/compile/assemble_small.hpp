#pragma once
// Arithmetic between small values as one kernel without loops, on memory that does not move: what only it uses stays in
// registers while there are any.
#include <vector>

#include "cotangent/grad/compile/assemble_kernel.hpp"

namespace cotangent::detail {

/// Steps between small values, each of one number or of `count` numbers.
struct SmallPlan {
    struct Value {
        std::byte* memory = nullptr;  ///< of whole registers (lane_bytes) of elements; null: of a result that is not written
        std::int64_t count = 1;
        bool is_filled = false;  ///< an input that is one number, and fills a register
    };
    struct Step {
        Arithmetic op = Arithmetic::none;  ///< none: the sum of the operand's elements
        bool mean = false;                 ///< the sum is divided by their number
        std::array<int, 3> operands{-1, -1, -1};
        int result = -1;
    };
    Dtype dtype = Dtype::float64;  ///< of all values: float32 or float64; sums only of float64
    std::vector<Value> values;
    std::vector<Step> steps;
};

/// Values up to this size are taken.
inline constexpr std::int64_t most_straight_bytes = 512;

/// A kernel that takes no arguments: what it reads and writes is in the plan.
/// @return  without a kernel, if none is assembled on this machine, or the memory lies too far apart
[[nodiscard]] AssembledKernel assemble(const SmallPlan& plan);

}  // namespace cotangent::detail
