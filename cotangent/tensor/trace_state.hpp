#pragma once
#include <cstdint>

namespace cotangent::detail {

class Trace;

/// What this thread traces. Every access to a tensor's numbers compares one word of it; everything else is in trace.hpp.
struct TraceState {
    static constexpr std::uint32_t never = ~std::uint32_t{0};
    std::uint32_t guarded = never;  ///< the trace whose values may not be read here: `never` outside of one, and inside an op
    std::uint32_t fresh = 0;        ///< what new memory is marked with: inside an op of a trace that trace, else 0
    Trace* trace = nullptr;
};
extern constinit thread_local TraceState trace_state;

/// @throws ValueError  always: f of compile(f) reads a number that is not known while f is recorded; says of which value
[[noreturn]] void refuse_read(std::int32_t value);
/// The same of a number that is no tensor.
[[noreturn]] void refuse_read(const char* what);
/// @throws ValueError  always: f writes to memory that depends on its arguments
[[noreturn]] void refuse_write();

}  // namespace cotangent::detail
