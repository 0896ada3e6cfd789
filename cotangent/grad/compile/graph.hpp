#pragma once
// What a run of f computes: values, and the operations that make them, in the order in which they ran.
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {

/// A value seen with a shape, from a byte of its memory on.
struct Operand {
    int value = -1;
    std::int64_t offset = 0;
    Shape shape;
    Dtype dtype = Dtype::float32;
    /// Not 0: numbers of channels, to be broadcast over images in blocks. Each register of them is for so many elements,
    /// then comes the next, and after the last the first again.
    std::int64_t run = 0;
};
[[nodiscard]] std::string key_of(const Operand& operand);

struct Value {
    enum class Kind : std::uint8_t { input, constant, result };
    Kind kind = Kind::result;
    Shape shape;
    Dtype dtype = Dtype::float32;
    std::size_t base = 0;  ///< where it starts in the memory that its op made
    Tensor constant;

    [[nodiscard]] std::int64_t bytes() const { return shape.size() * static_cast<std::int64_t>(size_of(dtype)); }
    [[nodiscard]] Operand whole(int id) const { return {id, 0, shape, dtype}; }
};

struct Instruction {
    Operation operation;
    std::vector<Operand> inputs;
    std::vector<int> outputs;  ///< -1: not a new value
};

/// @throws ValueError  always: f made an argument longer or shorter; how: in which part
[[noreturn]] void throw_structure_changed(const char* how);
/// @throws ValueError  always: f caught an error and went on
[[noreturn]] void throw_caught_error();

/// A trace that remembers. While it lives, the thread that made it traces.
class Graph final : public Trace {
public:
    Graph();
    ~Graph() override;

    /// A copy of an argument that f is run on.
    [[nodiscard]] Tensor input(const Tensor& x);
    void add(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) override;
    void add_live(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) override;
    [[nodiscard]] std::string describe(std::int32_t value) const override;
    /// What a tensor is to this trace: one of its values, or a constant.
    /// @throws ValueError  an op made it beside its result, out of numbers that this trace has not seen; or it is being
    ///                     differentiated outside of f, and the recording would lose that
    [[nodiscard]] Operand operand(const char* op, const Tensor& x);
    [[nodiscard]] int constant(const Tensor& x);
    /// Ends the tracing of this thread; the graph stays.
    void stop();

    [[nodiscard]] const Value& value(int id) const { return values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool is_whole(const Operand& x) const {
        return x.offset == 0 && x.shape.size() == value(x.value).shape.size();
    }
    /// The number that all elements of a constant are.
    [[nodiscard]] std::optional<double> number_in(const Operand& x) const;
    [[nodiscard]] Operand scalar(double number, Dtype dtype);
    int new_value(const Shape& shape, Dtype dtype);

    std::vector<Value> values;
    std::vector<Instruction> instructions;
    std::vector<int> inputs;  ///< values, in the order of the arguments' leaves

private:
    [[nodiscard]] bool is_traced(const Tensor& x) const;
    void forget(std::span<Tensor> outputs);

    std::uint64_t first_node_ = next_id();  ///< records from here on are made inside of f
    TraceState before_;
    std::unordered_map<std::string, int> constants_;
};

/// One that a pass has done with is nothing any more.
[[nodiscard]] bool is(const Instruction* instruction, Operation::Kind kind, std::string_view name);

/// Which instructions made and took each value when a pass began; it may end some, and give others' values to new ones, but
/// neither adds nor removes any.
class Links {
public:
    Links(Graph& graph, const std::vector<Operand>& results);
    [[nodiscard]] Instruction* maker(int id) const { return makers_[static_cast<std::size_t>(id)]; }
    /// Each as often as it takes the value.
    [[nodiscard]] const std::vector<Instruction*>& users(int id) const { return users_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool is_result(int id) const { return is_result_[static_cast<std::size_t>(id)]; }
    /// The one that takes a value, once; null: there is none, or there are more, or it is a result.
    [[nodiscard]] Instruction* sole_user(int id) const;
    /// What made a whole value that is used here only; null if it is not so.
    [[nodiscard]] Instruction* sole_maker(const Operand& x, const Shape& shape) const;

private:
    const Graph& graph_;
    std::vector<Instruction*> makers_;
    std::vector<std::vector<Instruction*>> users_;
    std::vector<bool> is_result_;
};

/// Removes instructions whose results nobody needs.
void remove_dead(Graph& graph, const std::vector<Operand>& results);
/// Removes instructions that a pass has done with: those without outputs.
void remove_done(Graph& graph);

/// Removes what no result needs, merges what is computed twice, and drops what changes nothing (x * 1, x + 0, -(-x), sums of
/// repeated numbers). Results are replaced along.
void simplify(Graph& graph, std::vector<Operand>& results);

/// Makes the derivative of a map where its value is made, if the map's argument is kept for that alone.
void share_slopes(Graph& graph, const std::vector<Operand>& results);

/// Makes one op of what attention is written in, scores, mask, softmax and the sum of values, and one of its way back.
void fuse_attention(Graph& graph, const std::vector<Operand>& results);

/// Divides many numbers by one by products, and makes products where they are added up.
void cheapen_arithmetic(Graph& graph, const std::vector<Operand>& results);

/// Keeps images between convolutions in the blocks that their kernels want, if that saves more than it costs.
void keep_blocks(Graph& graph, std::vector<Operand>& results);

}  // namespace cotangent::detail
