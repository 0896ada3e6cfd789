#pragma once
// A recorded function as steps on planned memory. Small values have memory of their own for the life of the program, padded
// so that kernels never mask; steps between them are a kernel, pointers and a count. Large elementwise chains are loops that
// run block by block in the first cache, behind the rows of a product where they begin with one; what is used inside only
// is never written to memory. Everything else is the op
// itself, called again on tensors.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cotangent/grad/compile/graph.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"

namespace cotangent::detail {

class Program;

/// Instructions that one kernel does, in order.
using KernelInstructions = std::vector<std::size_t>;

/// One step between small values: the kernel's arguments, ready.
struct Command {
    static constexpr std::size_t most_inputs = 6, most_outputs = 3;
    ElementKernel kernel = nullptr;
    const void* function = nullptr;
    const std::byte* inputs[most_inputs] = {};
    std::int64_t steps[most_inputs] = {};
    std::byte* outputs[most_outputs] = {};
    std::int64_t count = 0;
    void (*run)(Program& program, const Command& step) = nullptr;  ///< of a step without a kernel
    std::size_t index = 0;                                      ///< what `run` looks up
};

/// Where a loop finds an operand: in a value, in its own scratch memory, or in the rows of its product at hand.
struct LoopOperand {
    enum class Place : std::uint8_t { array, scratch, product };
    Place place = Place::array;
    std::size_t index = 0;  ///< of the scratch slot or of the loop's arrays
    std::int64_t step = 1;
    std::int64_t size = 4;  ///< bytes of an element
    std::size_t order = 0;  ///< of the instruction that reads it last, or writes it, among the loop's
};

/// An array outside of a loop that it reads or writes.
struct LoopArray {
    int value = -1;
    std::int64_t offset = 0;
    bool written = false;
    int takes_over = -1;  ///< the value whose memory it gets when nobody else holds that
    std::size_t repeats = 0;  ///< bytes of a number that is to fill a register; 0: it does already, or is no number
    std::int64_t row = 0;       ///< elements; not 0: the array is a row, broadcast to rows that follow each other
    std::int64_t run = 0;       ///< elements; not 0: the array is registers, each for so many (see Operand)
    std::int64_t registers = 1;
    std::vector<std::byte> rows;  ///< as often as a block may need the row
};

/// One op of a loop, or several in one kernel.
struct LoopOp {
    static constexpr std::size_t most_inputs = 16, most_outputs = 12;
    ElementKernel kernel = nullptr;  ///< null: a total
    ElementKernel padded = nullptr;  ///< for whole registers, if there is one
    std::int64_t lanes = 16;         ///< of a register
    const void* function = nullptr;
    std::shared_ptr<const void> code;  ///< of an assembled kernel
    std::vector<LoopOperand> inputs, outputs;
    int total = -1;                  ///< the value a total is for
    bool mean = false;
};

/// The product that a loop begins with: its blocks follow the rows as they are made.
struct LoopProduct {
    std::size_t instruction = 0;
    GemmProblem problem;
    int array = -1;  ///< of the loop's, which the rows are kept in; -1: nothing else takes them
};

struct Loop {
    std::int64_t count = 0;
    std::int64_t block = 0;
    std::size_t slots = 0;          ///< of scratch memory
    std::size_t scratch_bytes = 0;  ///< of one slot
    Dtype total_dtype = Dtype::float64;
    std::optional<LoopProduct> product;
    std::vector<LoopOp> ops;
    std::vector<KernelInstructions> kernels;
    std::vector<LoopArray> arrays;
    int totals = 0;
    std::vector<std::byte*> pointers;   ///< of the arrays, while it runs
    struct alignas(64) Register {
        std::byte bytes[64];
    };
    std::vector<Register> repeated;     ///< numbers that fill a register, by array
    std::vector<double> partial;        ///< of the totals, a row a piece
};

struct RowsOp;  ///< a broadcast that no block is: row by row

/// A value put together from pieces of others.
struct CopyOp {
    struct Piece {
        int value = -1;  ///< -1: zeros
        std::int64_t offset = 0, to = 0, bytes = 0;
    };
    std::vector<Piece> pieces;
    int output = -1;
};

/// An op that is called again on tensors.
struct GeneralOp {
    std::size_t instruction = 0;
    std::vector<Tensor> inputs, outputs;
};

class Program {
public:
    /// @param results  what a call returns
    /// @param taken    inputs that a call gives away, each with the result that comes in its place and may get its memory
    Program(std::unique_ptr<Graph> graph, std::vector<Operand> results, std::vector<std::pair<int, int>> taken);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// Runs on the tensors of a call's arguments, in order, and writes its results, some of which may be such a tensor.
    void run(std::span<Tensor* const> inputs, std::span<Tensor* const> results);

    [[nodiscard]] Trace::Live& live() { return *graph_->live(); }
    [[nodiscard]] const Graph& graph() const { return *graph_; }
    [[nodiscard]] std::size_t result_count() const { return results_.size(); }
    [[nodiscard]] std::string explanation() const;

    // What steps work on.
    void run_loop(Loop& loop);
    void run_product(Loop& loop);
    void run_rows(RowsOp& op);
    void run_copies(const CopyOp& op);
    void run_general(GeneralOp& op);
    void release(std::size_t step);

private:
    friend class Planner;
    friend class LoopPlanner;
    [[nodiscard]] Tensor seen_as(const Operand& operand) const;
    void find_fixed();
    void point(Loop& loop);
    template <class T>
    void run_totals(Loop& loop);

    /// Memory for the life of the program that a call copies an argument into, or a result out of; null: it has none.
    struct Fixed {
        std::byte* memory = nullptr;
        std::size_t bytes = 0;
        bool is_number = false;
    };

    std::unique_ptr<Graph> graph_;
    std::vector<Operand> results_;
    std::vector<Fixed> fixed_inputs_, fixed_results_;
    std::vector<bool> is_fixed_;        ///< has memory for the life of the program
    std::vector<std::pair<int, int>> taken_;
    std::vector<bool> is_taken_;        ///< inputs, by position
    std::vector<Tensor> slots_;         ///< the values' memory
    std::vector<Tensor> buffers_;       ///< memory that large values have in turns
    std::vector<Tensor> registers_;     ///< numbers out of the middle of small values, repeated
    std::vector<Command> steps_;
    std::vector<std::vector<int>> releases_;  ///< values that nobody needs after a step
    bool releases_any_ = false;
    std::vector<std::shared_ptr<const void>> codes_;  ///< of kernels of small values
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::unique_ptr<RowsOp>> rows_;
    std::vector<std::unique_ptr<CopyOp>> copies_;
    std::vector<std::unique_ptr<GeneralOp>> generals_;
    std::vector<std::vector<KernelInstructions>> step_kernels_;
    std::size_t recorded_ops_ = 0;
};

}  // namespace cotangent::detail
