#pragma once
#include <map>
#include <optional>
#include <set>

#include "cotangent/grad/compile/program.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"

namespace cotangent::detail {

constexpr std::int64_t small_bytes = 4096;  ///< values up to this size keep memory of their own
constexpr std::int64_t buffer_room = 64;    ///< bytes before and behind a large value, for what is put to its ends
constexpr std::int64_t padding = 128;       ///< bytes after it that kernels may read and write

/// Rounds up to whole registers: what lies behind a small value is free to be computed with.
[[nodiscard]] std::int64_t padded_count(std::int64_t count, Dtype dtype);

struct RowsOp {
    ElementKernel kernel = nullptr;
    const void* function = nullptr;
    std::vector<Operand> inputs;
    int output = -1;
    Rows<8> rows;
    std::size_t instruction = 0;
};

/// Of as many numbers as a register has doubles.
template <class T>
void run_register_sum(Program& program, const Command& step);
void run_small_total(Program& program, const Command& step);
void run_small_place(Program& program, const Command& step);
void run_small_fill(Program& program, const Command& step);
void run_small_copy(Program& program, const Command& step);

/// Turns a graph into steps: gives values their memory, gathers elementwise chains into loops, and says when memory is free.
class Planner {
public:
    explicit Planner(Program& program) : program_(program), graph_(*program.graph_) {}
    void run();

private:
    friend class LoopPlanner;
    [[nodiscard]] const Value& value(int id) const { return graph_.values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool is_fixed(int id) const { return program_.is_fixed_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::int64_t elements(const Instruction& instruction) const;
    [[nodiscard]] bool is_flat(const Instruction& instruction) const;
    [[nodiscard]] std::int64_t row_of(const Operand& x, const Shape& shape) const;
    [[nodiscard]] bool fits_loop(const Instruction& instruction) const;
    [[nodiscard]] std::optional<GemmProblem> problem_of(const Instruction& instruction) const;
    [[nodiscard]] bool is_product(const Instruction& instruction) const { return problem_of(instruction).has_value(); }
    void add_step(const Command& step, const std::vector<KernelInstructions>& kernels, Loop* loop = nullptr,
                  bool plans_memory = false);
    void choose_memory();
    void find_takers();
    [[nodiscard]] bool is_small(const Instruction& instruction) const;
    [[nodiscard]] bool is_straight(const Instruction& instruction) const;
    [[nodiscard]] std::vector<std::size_t> schedule() const;
    void emit_small(std::size_t k);
    void join_straight(std::size_t k);
    void emit_straight();
    void emit_small_alone(std::size_t k);
    void emit_small_elementwise(std::size_t k);
    void emit_rows(std::size_t k);
    void emit_copies(std::size_t k);
    void emit_general(std::size_t k);
    void close(std::int64_t count);
    void close_all();
    void close_makers(const Instruction& instruction, std::int64_t but);
    void emit_deferred();
    [[nodiscard]] bool waits(const Instruction& instruction) const;
    [[nodiscard]] const std::byte* filled(std::size_t k, const Operand& number);
    void emit_loop(std::int64_t count, const std::vector<std::size_t>& instructions);
    void plan_releases();
    [[nodiscard]] std::vector<int> replaceable(const Loop& loop, const LoopArray& array) const;
    void take_over(std::size_t step);
    void share_buffers(const std::vector<int>& first, std::vector<int> last, const std::vector<bool>& kept);
    /// Where a value lies in another's memory.
    struct Moved {
        int of = -1;
        std::int64_t by = 0;  ///< bytes from its start
    };
    [[nodiscard]] std::optional<Moved> moved(const CopyOp& copy) const;
    void find_moved(std::vector<bool>& has_buffer, std::vector<int>& last);
    [[nodiscard]] bool reads_moved(const Loop& loop, int of) const;
    [[nodiscard]] std::byte* memory(int id) const { return program_.slots_[static_cast<std::size_t>(id)].fresh_data<std::byte>(); }

    Program& program_;
    Graph& graph_;
    std::vector<std::vector<std::size_t>> takers_;               ///< of each value: instructions, as often as they take it
    std::vector<bool> is_result_;                                ///< of the program
    std::vector<std::size_t> straight_;                          ///< small arithmetic that becomes one kernel with what follows
    std::map<std::int64_t, std::vector<std::size_t>> open_;      ///< loops that may still grow, by their number of elements
    std::map<int, std::int64_t> open_makers_;                    ///< values that an open loop makes
    std::vector<std::size_t> deferred_;                          ///< small steps that wait for a total of an open loop
    std::set<int> deferred_values_;                         ///< what they make
    std::set<int> in_scratch_;                              ///< values that live inside a loop only
    std::set<int> is_filled_;                               ///< numbers whose memory is full of them, a register at least
    std::map<std::pair<int, std::int64_t>, const std::byte*> fills_;  ///< where numbers of other values have been repeated
    std::map<int, Moved> moved_;                                 ///< values that lie where others lie
    std::vector<std::vector<std::size_t>> step_instructions_;    ///< what each step does
    std::vector<bool> step_plans_memory_;                        ///< the steps whose results may have a buffer
    std::vector<Loop*> step_loops_;                              ///< the steps that are loops
    int last_general_ = -1;                                      ///< the last step that is an op called again, which may throw
};

}  // namespace cotangent::detail
