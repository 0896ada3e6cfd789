#pragma once
#include <atomic>
#include <cstdint>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace cotangent::detail {

/// Has the process one thread? Where the C library does not say, the answer is no.
[[nodiscard]] inline bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded;
#else
    return false;
#endif
}

/// How many own something. A locked instruction costs as much as a small op, so counting locks only where another thread
/// might count at the same time: not in a process of one thread, and not for a sole owner.
class ReferenceCount {
public:
    explicit ReferenceCount(std::uint32_t count) : count_(count) {}

    void add() noexcept {
        const std::uint32_t now = count_.load(std::memory_order_relaxed);
        if (now == 0 || is_single_threaded()) count_.store(now + 1, std::memory_order_relaxed);
        else count_.fetch_add(1, std::memory_order_relaxed);
    }
    /// One owner less; true: that was the last.
    [[nodiscard]] bool remove() noexcept {
        const std::uint32_t now = count_.load(std::memory_order_acquire);
        if (now == 1) return true;
        if (!is_single_threaded()) return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
        count_.store(now - 1, std::memory_order_relaxed);
        return false;
    }
    [[nodiscard]] bool is_one() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

private:
    std::atomic<std::uint32_t> count_;
};

}  // namespace cotangent::detail
