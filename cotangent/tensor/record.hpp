#pragma once
// Recording: when an argument is being differentiated, the result of an op remembers the op and its inputs. That is
// all the machinery there is. A derivative walks these records: backward with each op's `vjp` (pull) or forward with
// each op's `jvp` (push). Rules are written in ops, so walking can itself be recorded, and derivatives of any order exist.
//
// A record is identified by itself, not by a level number: differentiating with respect to `x` makes a new record, an
// alias of `x`, and asks only for the derivative with respect to that alias. Nested derivatives cannot be confused.
//
// A thread records what it differentiates itself. What it computes of another thread's variables, while that derivative goes on,
// remembers only where it comes from (Origins): a walk that would need the record throws, instead of taking it for a constant.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent::detail {

/// What the rules of an op read, and so what its record keeps alive.
enum class Keep : std::uint8_t { nothing = 0, inputs = 1, output = 2, both = 3 };
[[nodiscard]] constexpr bool keeps_inputs(Keep keep) { return keep == Keep::inputs || keep == Keep::both; }
[[nodiscard]] constexpr bool keeps_output(Keep keep) { return keep == Keep::output || keep == Keep::both; }

class Call;

/// A thread, as its records know it. When it ends, its place is given to a new thread, which counts on from its last id.
struct RecordingThread;
/// Records of other threads that something was computed of, in derivatives that were going on then: of each thread the latest.
struct Origin {
    const RecordingThread* thread;
    std::uint64_t id;
};
using Origins = std::vector<Origin>;

/// The record of one call of an op.
class Node {
public:
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    /// The name of the op, for messages and printing.
    [[nodiscard]] virtual const char* name() const = 0;
    virtual void vjp(const Call& call) const = 0;
    [[nodiscard]] virtual std::vector<Tensor> jvp(const Call& call) const = 0;
    /// Frees the record with the size it was allocated with.
    virtual void destroy() noexcept = 0;

    ReferenceCount references{0};
    std::uint32_t input_count = 0;
    Tensor* inputs = nullptr;          ///< in the derived class
    std::uint64_t id = 0;              ///< grows along every path of a thread: an order in which inputs come before outputs
    const RecordingThread* thread = nullptr;
    std::unique_ptr<const Origins> elsewhere;  ///< null: it depends on no other thread's derivative

    // Scratch of the walk in progress on this thread.
    std::uint64_t mark = 0;            ///< the walk that visited this record
    bool active = false;               ///< depends on a variable of that walk

    std::vector<Tensor> outputs;       ///< more than one output: all but the first, ghosts or kept
    Tensor output;                     ///< the first output, ghost or kept; none has its record (that would be a cycle)
    Tensor derivative;                 ///< of the first output, in a walk: cotangent or tangent
    std::vector<Tensor> derivatives;   ///< of the others

protected:
    Node(const Tensor& first_output, Keep keep) : output(keeps_output(keep) ? Tensor(first_output) : first_output.ghost()) {}
};

/// What a rule sees of a call: inputs, output, and the derivatives to combine.
class Call {
public:
    explicit Call(const Node& node) : node_(node) {}

    [[nodiscard]] int input_count() const { return static_cast<int>(node_.input_count); }
    /// The value of an input, with its record. Needs Keep::inputs for anything but shape and dtype.
    [[nodiscard]] const Tensor& input(int i) const { return node_.inputs[i]; }
    /// The value of output k, with its record. Needs Keep::output for anything but shape and dtype.
    [[nodiscard]] Tensor output(int k = 0) const;

    // In vjp:
    /// The cotangent of the (first) output. It always has a value.
    [[nodiscard]] const Tensor& cotangent() const { return node_.derivative; }
    /// The cotangent of output k; empty where nothing depends on that output.
    [[nodiscard]] const Tensor& cotangent(int k) const { return k == 0 ? node_.derivative : node_.derivatives[k - 1]; }
    /// Does anyone need the cotangent of this input? Work nobody needs is not done.
    [[nodiscard]] bool wants(int i) const;
    /// Adds to the cotangent of an input; what broadcasting repeated is summed first.
    void give(int i, Tensor cotangent) const;

    // In jvp:
    [[nodiscard]] bool has_tangent(int i) const;
    /// The tangent of an input, which must have one.
    [[nodiscard]] Tensor tangent(int i) const;

private:
    const Node& node_;
};

[[nodiscard]] bool is_recording() noexcept;

/// While it lives, this thread records nothing.
class PauseRecording {
public:
    PauseRecording() noexcept;
    ~PauseRecording();
    PauseRecording(const PauseRecording&) = delete;
    PauseRecording& operator=(const PauseRecording&) = delete;

private:
    bool before_;
};

[[nodiscard]] const RecordingThread* recording_thread() noexcept;
/// Does x depend on variables of another thread whose derivative is going on?
[[nodiscard]] bool is_of_another_thread(const Tensor& x) noexcept;
/// Is an op on x remembered here: recorded, or noted because x is of another thread?
[[nodiscard]] inline bool is_remembered(const Tensor& x) noexcept {
    return x.node() && (is_recording() || is_of_another_thread(x));
}
/// The result of an op that is not recorded remembers the inputs that are of another thread.
void note_other_threads(Tensor& output, std::initializer_list<const Tensor*> inputs);
void note_other_threads(std::span<Tensor> outputs, std::span<const Tensor> inputs);
/// x without its record; what it has of other threads' derivatives stays noted.
[[nodiscard]] Tensor without_record(const Tensor& x);
[[noreturn]] void throw_of_another_thread();

/// While it lives, a function is being differentiated on this thread.
class Differentiating {
public:
    Differentiating() noexcept;
    ~Differentiating();
    Differentiating(const Differentiating&) = delete;
    Differentiating& operator=(const Differentiating&) = delete;
    /// How many functions are being differentiated around the caller.
    [[nodiscard]] static int depth() noexcept;

private:
    bool before_;
    std::size_t variables_;
};

/// The ids of the variables of those functions, in order: what watch() made on this thread while each Differentiating lived.
[[nodiscard]] std::span<const std::uint64_t> live_variables() noexcept;

/// An alias of x to differentiate with respect to.
[[nodiscard]] Tensor watch(const Tensor& x);

enum class Records : std::uint8_t {
    keep,    ///< another walk may follow
    consume  ///< free each record's memory as soon as it has been walked
};
/// Backward: the derivative of sum_k <outputs[k], cotangents[k]> with respect to each variable made by watch();
/// zeros where nothing depends on it.
/// @throws ValueError  an output depends on a variable by what another thread computed
[[nodiscard]] std::vector<Tensor> pull(std::span<const Tensor> outputs, std::span<const Tensor> cotangents,
                                       std::span<const Tensor> variables, Records records = Records::keep);
/// Forward: the derivative of each output along the tangents of the variables.
[[nodiscard]] std::vector<Tensor> push(std::span<const Tensor> variables, std::span<const Tensor> tangents,
                                       std::span<const Tensor> outputs);

std::uint64_t next_id() noexcept;

/// The record of one call with N inputs (N = 0: any number).
template <class Op, std::size_t N>
class OpNode final : public Node {
public:
    template <class... Inputs>
    OpNode(Op op, const Tensor& first_output, const Inputs&... tensors)
        : Node(first_output, Op::keep), op_(std::move(op)), storage_{keeps_inputs(Op::keep) ? Tensor(tensors) : tensors.ghost()...} {
        inputs = storage_.data();
        input_count = static_cast<std::uint32_t>(storage_.size());
    }
    OpNode(Op op, const Tensor& first_output, std::span<const Tensor> tensors) requires(N == 0)
        : Node(first_output, Op::keep), op_(std::move(op)), storage_(tensors.begin(), tensors.end()) {
        if constexpr (!keeps_inputs(Op::keep))
            for (Tensor& tensor : storage_) tensor = tensor.ghost();
        inputs = storage_.data();
        input_count = static_cast<std::uint32_t>(storage_.size());
    }
    [[nodiscard]] const char* name() const override { return Op::name; }
    void vjp(const Call& call) const override { op_.vjp(call); }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const override {
        if constexpr (std::is_same_v<decltype(op_.jvp(call)), Tensor>) return {op_.jvp(call)};
        else return op_.jvp(call);
    }
    void destroy() noexcept override {
        this->~OpNode();
        deallocate(this, sizeof(OpNode));
    }
    static void* operator new(std::size_t bytes) { return allocate(bytes); }
    static void operator delete(void* block) noexcept { deallocate(block, sizeof(OpNode)); }

private:
    [[no_unique_address]] Op op_;
    std::conditional_t<N == 0, std::vector<Tensor>, std::array<Tensor, N>> storage_;
};

/// Makes `node` the record of its first output.
void attach(Node* node, Tensor& output);
/// The same with the outputs after the first; Keep says whether the node keeps them.
void attach(Node* node, std::span<Tensor> outputs, Keep keep);

/// The result of an op: `output`, remembering `op` and `inputs` if one of them is being differentiated.
///
/// An op is a struct whose fields are the attributes of the call, for example
///     struct Sin {
///         static constexpr const char* name = "sin";
///         static constexpr Keep keep = Keep::inputs;
///         void vjp(const Call& call) const { call.give(0, call.cotangent() * cos(call.input(0))); }
///         Tensor jvp(const Call& call) const { return call.tangent(0) * cos(call.input(0)); }
///     };
template <class Op, class... Inputs>
[[nodiscard]] Tensor record(Op op, Tensor output, const Inputs&... inputs) {
    if (((inputs.node() == nullptr) && ...)) return output;
    if (!is_recording()) {
        note_other_threads(output, {&inputs...});
        return output;
    }
    attach(new OpNode<Op, sizeof...(Inputs)>(std::move(op), output, inputs...), output);
    return output;
}

[[nodiscard]] bool any_recorded(std::span<const Tensor> inputs) noexcept;

/// The same for an op of any number of inputs.
template <class Op>
[[nodiscard]] Tensor record_all(Op op, Tensor output, std::span<const Tensor> inputs) {
    if (!any_recorded(inputs)) return output;
    if (!is_recording()) {
        note_other_threads({&output, 1}, inputs);
        return output;
    }
    attach(new OpNode<Op, 0>(std::move(op), output, inputs), output);
    return output;
}

/// The same for an op of several outputs; its jvp returns one tangent an output.
template <class Op>
void record_outputs(Op op, std::span<Tensor> outputs, std::span<const Tensor> inputs) {
    if (!any_recorded(inputs)) return;
    if (!is_recording()) return note_other_threads(outputs, inputs);
    attach(new OpNode<Op, 0>(std::move(op), outputs[0], inputs), outputs, Op::keep);
}

}  // namespace cotangent::detail
