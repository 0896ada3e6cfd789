#include "cotangent/tensor/trace.hpp"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

namespace cotangent::detail {

constinit thread_local TraceState trace_state;

namespace {

/// The functions that are being recorded, and by which threads.
struct LiveTrace {
    Trace* trace;
    const void* thread;
};
std::atomic<int> live_traces{0};  // so that what earlier ones have marked is read without a lock
std::mutex live_mutex;
std::vector<LiveTrace>& live_list() {
    static auto* list = new std::vector<LiveTrace>;  // threads may outlive statics
    return *list;
}

/// Does the trace record on another thread than the caller's? Then it remembers that an error followed.
bool note_error_elsewhere(std::uint32_t serial) {
    if (live_traces.load(std::memory_order_relaxed) == 0) return false;
    const std::lock_guard lock(live_mutex);
    for (const LiveTrace& live : live_list())
        if (live.trace->serial() == serial && live.thread != owner()) {
            live.trace->note_error();
            return true;
        }
    return false;
}

[[noreturn]] void refuse_read(const char* what) {
    throw ValueError(fmt::format(
        "compile: f reads {} (by item, values, to_vector, printing, a comparison in C++, or an op without traced()), which depends "
        "on its arguments, and the recording would keep that number for ever; choose with where(), return the tensor and read it "
        "outside, or do not compile this part",
        what));
}

[[noreturn]] void refuse_elsewhere(const char* what) {
    throw ValueError(fmt::format(
        "compile: another thread reads {} of a function that is being recorded, and the recording would keep what it makes of it "
        "for ever; compute on the thread that calls the function, or do not compile this part",
        what));
}

}  // namespace

void check_read(std::uint32_t trace, const char* what) {
    if (trace == trace_state.guarded) {
        trace_state.trace->note_error();
        refuse_read(what);
    }
    if (note_error_elsewhere(trace)) refuse_elsewhere(what);
}

void check_read(std::uint32_t trace, std::int32_t value) {
    if (trace == trace_state.guarded) check_read(trace, trace_state.trace->describe(value).c_str());
    else if (note_error_elsewhere(trace)) refuse_elsewhere("a value");
}

void check_write(std::uint32_t trace) {
    const bool here = trace == trace_state.guarded;
    if (here) trace_state.trace->note_error();
    if (here || note_error_elsewhere(trace))
        throw ValueError("mutable_values: the tensor depends on an argument of a function that is being compiled; use ops");
}

Trace::Trace() {
    const std::lock_guard lock(live_mutex);
    static std::uint32_t last = 0;
    do ++last;
    while (last == 0 || last == TraceState::never);
    serial_ = last;
    live_list().push_back({this, owner()});
    ++live_traces;
}

void Trace::end() noexcept {
    const std::lock_guard lock(live_mutex);
    if (std::erase_if(live_list(), [&](const LiveTrace& live) { return live.trace == this; }) > 0) --live_traces;
}

void trace_call(Operation&& operation, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
    {
        const InsideOp inside;
        std::vector<Tensor> values;
        for (const Tensor* input : inputs) values.push_back(input->detached());
        operation.run(values, outputs);
    }
    trace_state.trace->add(std::move(operation), inputs, outputs);
}

int Trace::generator_of(const Rng& rng) const {
    const auto same_stream = [](const Rng& a, const Rng& b) {
        const auto x = a.place(), y = b.place();
        return x[0] == y[0] && x[1] == y[1];
    };
    for (std::size_t k = 0; k < live_->generators.size(); ++k)
        if (same_stream(live_->generators[k], rng)) return static_cast<int>(k);
    return -1;
}

void check_generator(const Rng& rng) {
    if (!is_readable(rng.trace()) && rng.trace() != trace_state.guarded) check_read(rng.trace(), "a generator");
}

void trace_draw(const char* op, Rng& rng, std::function<void(Rng&, std::span<const Tensor>, std::span<Tensor>)> f,
                std::span<const Tensor* const> inputs, Tensor& out) {
    check_generator(rng);
    Trace& trace = *trace_state.trace;
    const int k = trace.generator_of(rng);
    const Rng start = rng;
    {
        const InsideOp inside;
        std::vector<Tensor> values;
        for (const Tensor* input : inputs) values.push_back(input->detached());
        f(rng, values, {&out, 1});
    }
    Operation operation;
    operation.name = op;
    if (k < 0) {  // a generator that f made: the same numbers in every call
        operation.run = [f = std::move(f), start](std::span<const Tensor> in, std::span<Tensor> results) {
            Rng generator = start;
            f(generator, in, results);
        };
        return trace.add(std::move(operation), inputs, {&out, 1});
    }
    const auto index = static_cast<std::size_t>(k);
    const std::uint64_t ahead = start.place()[2] - trace.live()->generators[index].place()[2];
    operation.run = [f = std::move(f), live = trace.live(), index, ahead](std::span<const Tensor> in, std::span<Tensor> results) {
        Rng generator = live->generators[index];
        generator.skip(ahead);
        f(generator, in, results);
    };
    trace.add_live(std::move(operation), inputs, {&out, 1});
}

namespace {

Tensor float64_scalar(double value) {
    Tensor out = Tensor::uninitialized({}, Dtype::float64);
    *out.fresh_data<double>() = value;
    return out;
}

template <class F>
Tensor live_scalar(const char* op, const F& f) {
    Operation operation;
    operation.name = op;
    operation.run = [f](std::span<const Tensor>, std::span<Tensor> out) { out[0] = float64_scalar(f()); };
    Tensor out;
    {
        const InsideOp inside;
        operation.run({}, {&out, 1});
    }
    trace_state.trace->add_live(std::move(operation), {}, {&out, 1});
    return out;
}

}  // namespace

Tensor number_of(const char* op, const Count& count, double (*f)(std::int64_t, const double*), std::initializer_list<double> parameters) {
    if (!is_tracing() || count.slot() < 0) return float64_scalar(f(count, parameters.begin()));
    const auto& live = trace_state.trace->live();
    const auto slot = static_cast<std::size_t>(count.slot());
    const std::int64_t ahead = count.raw() - live->counts[slot];
    return live_scalar(op, [=, held = std::vector<double>(parameters)] { return f(live->counts[slot] + ahead, held.data()); });
}

Tensor number_of(const Setting& setting) {
    if (!is_tracing() || setting.slot() < 0) return float64_scalar(setting);
    return live_scalar("setting", [live = trace_state.trace->live(), slot = static_cast<std::size_t>(setting.slot())] { return live->settings[slot]; });
}

void refuse_stream(const char* op, const Rng& rng) {
    check_generator(rng);
    if (is_tracing() && trace_state.trace->generator_of(rng) >= 0)
        throw ValueError(fmt::format("{}: the generator is an argument of a function that is being compiled, expected one outside; "
                                     "draw from it directly, or {} before the call and pass the result", op, op));
}

}  // namespace cotangent::detail
