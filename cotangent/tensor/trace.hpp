#pragma once
// Tracing: how compile(f) sees what f computes. While a trace is active on a thread, an op hands it an Operation: what to
// call again, on which memory, with which result. Values are known by their memory, so a view, a reshape or a detached copy
// of a value is that value. Inside an op the trace sees nothing, and the op's kernels read what they like; outside, reading
// the numbers of a traced value throws (Tensor::raw and all that builds on it), because a recording would freeze them.
//
// An op takes part by wrapping its computation:
//     Tensor cumsum(const Tensor& x, const CumsumOptions& options) {
//         return record(Cumsum{options}, traced("cumsum", [options](const Tensor& in) { return compute(in, options); }, x), x);
//     }
// The wrapped function depends on its arguments and on nothing else that may change: what it captures, it captures by value,
// and no tensors. If it has a member in_blocks(), that says how it runs on images in blocks (BlockedForm); if it has one
// parameters(), that tells compile()'s passes by numbers what they could not see of it otherwise. An op that forgets
// to be wrapped cannot be recorded by mistake: its kernel reads, and that throws.
#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "cotangent/tensor/live.hpp"
#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/tensor.hpp"
#include "cotangent/tensor/trace_state.hpp"

namespace cotangent {

namespace detail {

[[nodiscard]] inline bool is_tracing() noexcept { return trace_state.guarded != TraceState::never; }

/// Elements [0, count) of an elementwise op: each input advances by its step, 1 or 0, in elements; several outputs for ops
/// that update several tensors.
using ElementKernel = void (*)(const void* function, const std::byte* const* inputs, const std::int64_t* steps,
                               std::byte* const* outputs, std::int64_t count);

/// What an elementwise op does to float32 or float64 numbers, where a kernel of several such ops can be assembled.
enum class Arithmetic : std::uint8_t {
    none,  ///< something else
    add,
    subtract,
    multiply,
    divide,
    divide_by_number,  ///< x, s, 1 / s: x / s (grad/compile/divide_by_number.hpp)
    negative,
    square,
    sqrt,
    abs,
    maximum,
    minimum,
    multiply_add,       ///< a, b, c: a b + c, the product rounded on its own
    multiply_subtract,  ///< a b - c
    subtract_product    ///< c - a b
};

struct Operation;

/// How an op runs on images [N, C, H, W] whose channels lie in blocks (kernels/image_blocks.hpp), as a compiled function may
/// keep them. Its shapes stay what they are.
struct BlockedForm {
    static constexpr std::int64_t any = 0;
    /// Of each input and output: 1 where it is row-major, or no image; `any`: one block for all of those.
    std::vector<std::int64_t> inputs, outputs;
    std::function<bool(std::int64_t block)> takes;        ///< as that one block
    std::function<Operation(std::int64_t block)> in;      ///< the op on blocks
};

/// One call of an op, to be called again.
struct Operation {
    enum class Kind : std::uint8_t {
        general,      ///< only `run` can do it
        elementwise,  ///< only `kernel` can do it: outputs have one shape, to which the inputs broadcast
        total,        ///< the sum of all elements, or their mean
        place,        ///< zeros, with each input's elements in one piece from an element on: `first`
        join          ///< the inputs' elements one after another
    };
    Kind kind = Kind::general;
    const char* name = "";
    double flops = -1;  ///< -1: one an element of the result
    std::function<void(std::span<const Tensor> inputs, std::span<Tensor> outputs)> run;
    ElementKernel kernel = nullptr;
    ElementKernel padded = nullptr;        ///< `kernel` for whole registers, repeated inputs filling one; null: there is none
    std::shared_ptr<const void> function;  ///< of `kernel`
    Arithmetic arithmetic = Arithmetic::none;
    /// Of an op x -> f(x) of one number: a kernel that writes f and its derivative f'; and the tag of the op g, x -> g f'(x),
    /// which has the same attributes. So a pass may make f' where x is, once.
    ElementKernel with_slope = nullptr;
    const void* slope_tag = nullptr;
    bool mean = false;                     ///< of a total
    std::vector<std::int64_t> first;       ///< of a place, for each input
    // Two operations with one tag and the same attributes compute the same of the same inputs.
    const void* tag = nullptr;             ///< null: never the same as another
    std::vector<std::byte> attributes;
    std::vector<std::int64_t> parameters;  ///< of matmul, transpose and softmax, which say there what they are
    std::function<BlockedForm(Dtype dtype)> in_blocks;  ///< of the first input's dtype; null, or of nothing: there is no such form
};

/// Where operations go. compile() implements it.
class Trace {
public:
    Trace();
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    virtual ~Trace() { end(); }
    /// Values of this trace are refused to other threads until it ends.
    [[nodiscard]] std::uint32_t serial() const { return serial_; }
    void end() noexcept;
    /// Remembers a call. If it depends on no argument of f, the outputs are constants instead.
    virtual void add(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) = 0;
    /// Remembers a call that depends on a random generator, a counter or a setting of the arguments.
    virtual void add_live(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) = 0;
    /// The generators, counters and settings of f's arguments at the time of a call; at recording, what they started from.
    struct Live {
        std::vector<Rng> generators;
        std::vector<std::int64_t> counts;
        std::vector<double> settings;
    };
    [[nodiscard]] const std::shared_ptr<Live>& live() const { return live_; }
    /// What a value is, for messages: "the result of sum, shape [3]".
    [[nodiscard]] virtual std::string describe(std::int32_t value) const = 0;
    /// An error was thrown while f was recorded. Where f catches it and goes on, it takes a way that other numbers might not.
    void note_error() noexcept { had_error_ = true; }
    [[nodiscard]] bool had_error() const noexcept { return had_error_; }
    /// Which generator of the arguments this one has been advanced from; -1: none, so its draws are the same in every call.
    [[nodiscard]] int generator_of(const Rng& rng) const;

private:
    std::shared_ptr<Live> live_ = std::make_shared<Live>();
    std::uint32_t serial_;
    std::atomic<bool> had_error_ = false;  // another thread's error counts too
};

/// Whom this thread works for when it traces: itself, or a thread that has given it pieces of an op.
[[nodiscard]] inline const void* owner() noexcept { return trace_state.works_for ? trace_state.works_for : &trace_state; }
/// While it lives, this thread is where the other one was: inside an op of the same trace, or in none.
class WorkFor {
public:
    explicit WorkFor(const TraceState& other) noexcept : before_(trace_state) { trace_state = other; }
    ~WorkFor() { trace_state = before_; }
    WorkFor(const WorkFor&) = delete;
    WorkFor& operator=(const WorkFor&) = delete;

private:
    TraceState before_;
};

/// While it lives, this thread is inside an op: what it computes is not traced, and it may read.
class InsideOp {
public:
    InsideOp() noexcept : before_(trace_state) {
        if (before_.guarded == TraceState::never) return;
        exceptions_ = std::uncaught_exceptions();
        trace_state.fresh = before_.guarded;
        trace_state.guarded = TraceState::never;
    }
    ~InsideOp() {
        trace_state = before_;
        if (is_tracing() && std::uncaught_exceptions() > exceptions_) before_.trace->note_error();
    }
    InsideOp(const InsideOp&) = delete;
    InsideOp& operator=(const InsideOp&) = delete;

private:
    TraceState before_;
    int exceptions_ = 0;
};

/// What an op is called, and what it costs.
struct OpName {
    const char* name;
    double flops = -1;
    OpName(const char* op, double flop_count = -1) : name(op), flops(flop_count) {}
};

/// Its address stands for a type.
template <class F>
inline constexpr char type_tag = 0;

/// The identity of `f` with what it captures; functions that hold more than plain values have none. Where the compiler cannot
/// clear what lies between members (Clang 16), some ops that are the same look different, and are not merged.
template <class F>
void identify(Operation& operation, const F& f) {
    if constexpr (std::is_empty_v<F>) {
        operation.tag = &type_tag<F>;
    } else if constexpr (std::is_trivially_copyable_v<F>) {
        operation.tag = &type_tag<F>;
        F copy = f;
#if __has_builtin(__builtin_clear_padding)
        __builtin_clear_padding(&copy);
#endif
        const auto bytes = std::as_bytes(std::span(&copy, 1));
        operation.attributes.assign(bytes.begin(), bytes.end());
    }
}

/// Runs the operation now and hands it to the trace.
void trace_call(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs);

template <class F, std::size_t outputs, std::size_t... I>
void run_on(const F& f, std::span<const Tensor> in, std::span<Tensor> out, std::index_sequence<I...>) {
    if constexpr (outputs == 0) {
        out[0] = f(in[I]...);
    } else {
        std::array<Tensor, outputs> results = f(in[I]...);
        std::move(results.begin(), results.end(), out.begin());
    }
}

/// The operation that runs f: outputs = 0 stands for one Tensor, else f returns std::array<Tensor, outputs>.
template <std::size_t outputs, std::size_t inputs, class F>
[[nodiscard]] Operation operation_of(const OpName& op, const F& f) {
    Operation operation;
    operation.name = op.name;
    operation.flops = op.flops;
    operation.run = [f](std::span<const Tensor> in, std::span<Tensor> out) {
        run_on<F, outputs>(f, in, out, std::make_index_sequence<inputs>{});
    };
    identify(operation, f);
    if constexpr (requires { f.parameters(); }) operation.parameters = f.parameters();
    if constexpr (requires { f.in_blocks(Dtype{}); }) operation.in_blocks = [f](Dtype dtype) { return f.in_blocks(dtype); };
    return operation;
}

/// f(x...), a Tensor, as one op of a trace.
template <class F, class... X>
[[nodiscard]] Tensor traced(const OpName& op, const F& f, const X&... x) {
    if (!is_tracing()) [[likely]] return f(x...);
    Tensor out;
    const std::array<const Tensor*, sizeof...(X)> inputs{&x...};
    trace_call(operation_of<0, sizeof...(X), std::decay_t<F>>(op, f), inputs, {&out, 1});  // a function by its address
    return out;
}

/// f(x...), a std::array<Tensor, n>, as one op of a trace.
template <std::size_t n, class F, class... X>
[[nodiscard]] std::array<Tensor, n> traced_outputs(const OpName& op, const F& f, const X&... x) {
    if (!is_tracing()) [[likely]] return f(x...);
    std::array<Tensor, n> out;
    const std::array<const Tensor*, sizeof...(X)> inputs{&x...};
    trace_call(operation_of<n, sizeof...(X), std::decay_t<F>>(op, f), inputs, out);
    return out;
}

/// f(inputs), a Tensor, as one op of a trace, of any number of inputs.
template <class F>
[[nodiscard]] Tensor traced_all(const OpName& op, const F& f, std::span<const Tensor> inputs) {
    if (!is_tracing()) [[likely]] return f(inputs);
    Operation operation;
    operation.name = op.name;
    operation.flops = op.flops;
    operation.run = [f](std::span<const Tensor> in, std::span<Tensor> out) { out[0] = f(in); };
    identify(operation, f);
    Tensor out;
    std::vector<const Tensor*> pointers;
    for (const Tensor& input : inputs) pointers.push_back(&input);
    trace_call(std::move(operation), pointers, {&out, 1});
    return out;
}

/// f(rng, x...), a draw, as one op of a trace: replayed with the generator that the call is given.
template <class F, class... X>
[[nodiscard]] Tensor traced_draw(const char* op, Rng& rng, const F& f, const X&... x);

/// @throws ValueError  the generator belongs to an argument of a function that another thread is recording
void check_generator(const Rng& rng);
void trace_draw(const char* op, Rng& rng, std::function<void(Rng&, std::span<const Tensor>, std::span<Tensor>)> f,
                std::span<const Tensor* const> inputs, Tensor& out);

template <class F, class... X>
Tensor traced_draw(const char* op, Rng& rng, const F& f, const X&... x) {
    if (!is_tracing()) [[likely]] {
        check_generator(rng);
        return f(rng, x...);
    }
    Tensor out;
    const std::array<const Tensor*, sizeof...(X)> inputs{&x...};
    trace_draw(
        op, rng,
        [f](Rng& generator, std::span<const Tensor> in, std::span<Tensor> results) {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                results[0] = f(generator, in[I]...);
            }(std::index_sequence_for<X...>{});
        },
        inputs, out);
    return out;
}

/// f(count), a float64 scalar as a Tensor; in a trace of whose arguments the count is one, recomputed in every call.
[[nodiscard]] Tensor number_of(const char* op, const Count& count, double (*f)(std::int64_t count, const double* parameters),
                               std::initializer_list<double> parameters);
[[nodiscard]] Tensor number_of(const Setting& setting);

/// @throws ValueError  the generator belongs to an argument of a function that is being compiled, here or on another thread
void refuse_stream(const char* op, const Rng& rng);

}  // namespace detail
}  // namespace cotangent
