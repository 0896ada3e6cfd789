#pragma once
#include <cstdint>

namespace cotangent::detail {

class Trace;

/// What this thread traces; everything else is in trace.hpp. Memory knows the trace whose value it holds: what is not 0 and not
/// `fresh` is looked into before it is read, on every thread.
struct TraceState {
    static constexpr std::uint32_t never = ~std::uint32_t{0};
    std::uint32_t guarded = never;  ///< the trace whose values may not be read here: `never` outside of one, and inside an op
    std::uint32_t fresh = 0;        ///< what new memory is marked with: inside an op of a trace that trace, else 0
    Trace* trace = nullptr;
    const void* works_for = nullptr;  ///< a thread of the pool: the thread whose work it does, as owner() says
};
extern constinit thread_local TraceState trace_state;

/// Value `value` of a trace is about to be read here.
/// @throws ValueError  the trace is recording f, here or on another thread, and the number is not known while it does
void check_read(std::uint32_t trace, std::int32_t value);
/// The same of a number that is no tensor.
void check_read(std::uint32_t trace, const char* what);
/// @throws ValueError  the trace is recording f, here or on another thread, and the memory depends on its arguments
void check_write(std::uint32_t trace);
/// May what belongs to this trace be read here without asking? It is none, or this is inside one of its ops.
[[nodiscard]] inline bool is_readable(std::uint32_t trace) noexcept { return trace == 0 || trace == trace_state.fresh; }

}  // namespace cotangent::detail
