#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "cotangent/tensor/reference_count.hpp"
#include "cotangent/tensor/trace_state.hpp"

namespace cotangent {

/// Counts of the allocator since the program started, over all threads.
struct MemoryCounters {
    std::int64_t system_allocations = 0;  ///< blocks asked of the system, tensor memory and records alike
    std::int64_t bytes_in_use = 0;        ///< bytes of blocks above 4 KiB that tensors hold now
    std::int64_t bytes_cached = 0;        ///< bytes of blocks above 4 KiB kept for the next tensor
};
[[nodiscard]] MemoryCounters memory_counters();
/// Returns the blocks that no tensor holds to the system: the shared ones and this thread's own.
void release_cached_memory();

namespace detail {

/// A block of the caching allocator. Small blocks are kept per thread, large ones are shared: a batch made on a
/// loader thread and freed on the training thread is found again.
[[nodiscard]] void* allocate(std::size_t bytes);
void deallocate(void* block, std::size_t bytes) noexcept;

/// A counted, 64-byte aligned piece of memory that tensors share until one of them writes.
class Storage {
public:
    Storage() = default;
    /// Uninitialised memory.
    explicit Storage(std::size_t bytes) : header_(static_cast<Header*>(allocate(bytes + sizeof(Header)))) {
        new (header_) Header{ReferenceCount(1), -1, bytes, trace_state.fresh};
    }
    Storage(const Storage& other) noexcept : header_(other.header_) {
        if (header_) header_->references.add();
    }
    Storage(Storage&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
    Storage& operator=(Storage other) noexcept {
        std::swap(header_, other.header_);
        return *this;
    }
    ~Storage() {
        if (header_) release();
    }

    [[nodiscard]] explicit operator bool() const { return header_ != nullptr; }
    [[nodiscard]] std::byte* data() const { return reinterpret_cast<std::byte*>(header_ + 1); }
    [[nodiscard]] std::size_t bytes() const { return header_ ? header_->bytes : 0; }
    // What tracing needs; see trace.hpp.
    friend bool operator==(const Storage& a, const Storage& b) { return a.header_ == b.header_; }
    /// The trace whose value this memory holds; 0: none.
    [[nodiscard]] std::uint32_t trace() const { return header_->trace; }
    /// Which value of that trace; -1: memory that an op made beside its result.
    [[nodiscard]] std::int32_t value() const { return header_->value; }
    void mark(std::uint32_t trace, std::int32_t value) const {
        header_->trace = trace;
        header_->value = value;
    }
    /// True when no other tensor can see this memory.
    [[nodiscard]] bool is_sole_owner() const { return header_ && header_->references.is_one(); }

private:
    struct alignas(64) Header {
        ReferenceCount references;
        std::int32_t value;
        std::size_t bytes;
        std::uint32_t trace;
    };
    void release() noexcept {
        if (header_->references.remove()) deallocate(header_, header_->bytes + sizeof(Header));
    }
    Header* header_ = nullptr;
};

}  // namespace detail
}  // namespace cotangent
