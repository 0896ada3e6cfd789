#pragma once
// Which instructions may be one assembled kernel, and what that is.
#include <functional>
#include <vector>

#include "cotangent/grad/compile/assemble_kernel.hpp"
#include "cotangent/grad/compile/graph.hpp"

namespace cotangent::detail {

/// Does an instruction do arithmetic on numbers of one dtype, which kernels are assembled for?
[[nodiscard]] bool is_arithmetic(const Graph& graph, const Instruction& instruction);

struct GroupPlan {
    KernelPlan kernel;
    std::vector<Operand> inputs;  ///< of the kernel
    std::vector<int> outputs;     ///< values that it writes
};
/// @param group      arithmetic of one dtype on as many elements, by position in the graph, in order
/// @param repeats    whether an operand is one number for all elements
/// @param is_needed  whether a value that the group makes is taken by an instruction outside of it, or is a result
[[nodiscard]] GroupPlan plan_kernel(const Graph& graph, const std::vector<std::size_t>& group,
                                    const std::function<bool(const Operand&)>& repeats,
                                    const std::function<bool(int)>& is_needed);

}  // namespace cotangent::detail
