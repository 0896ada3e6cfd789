#pragma once
#include <cstdint>
#include <type_traits>

namespace cotangent {

/// The number of threads that big operations share, the caller included. The default is the number of processors.
/// It changes speed only: which numbers are added in which order does not depend on it, so results are the same bit for bit.
void set_thread_count(int count);
[[nodiscard]] int thread_count();

namespace detail {

void parallel_pieces(std::int64_t pieces, void (*run)(void* context, std::int64_t piece), void* context);

}  // namespace detail

/// Calls `f(piece)` for piece = 0 .. pieces-1, on several threads when there is more than one piece. The caller works
/// too and returns when all are done; an exception of a piece is rethrown there. Calls may nest, and any number of
/// threads may call at once: the pool's threads sleep, they never spin. While compile() records the caller, it does all pieces in
/// order.
template <class F>
void parallel_pieces(std::int64_t pieces, F&& f) {
    if (pieces == 1) return f(std::int64_t{0});
    using Function = std::remove_reference_t<F>;
    detail::parallel_pieces(
        pieces, [](void* context, std::int64_t piece) { (*static_cast<Function*>(context))(piece); },
        const_cast<void*>(static_cast<const void*>(&f)));
}

/// Cuts [0, count) into ranges of about `grain` and calls `f(first, last)` for each. Small work (count <= grain)
/// stays on the calling thread. Where the cuts fall depends on count and grain alone.
template <class F>
void parallel_for(std::int64_t count, std::int64_t grain, F&& f) {
    if (count <= grain) {
        if (count > 0) f(std::int64_t{0}, count);
        return;
    }
    const std::int64_t pieces = (count + grain - 1) / grain;
    parallel_pieces(pieces, [&](std::int64_t piece) {
        const std::int64_t first = piece * grain;
        f(first, first + grain < count ? first + grain : count);
    });
}

}  // namespace cotangent
