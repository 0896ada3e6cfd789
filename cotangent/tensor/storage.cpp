// The caching allocator. Blocks come in size classes, four to a power of two, so that at most a fifth is wasted.
// A block of up to 4 KiB goes to a list of its thread: no lock, a few nanoseconds. A larger one goes to a list shared
// by all threads under a mutex: a few tens of nanoseconds, nothing next to touching its memory.
#include "cotangent/tensor/storage.hpp"

#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace cotangent {
namespace detail {
namespace {

constexpr std::size_t small_limit = 4096;
constexpr int class_count = 4 * 48;
constexpr int small_blocks_kept = 4096;                                // per class and thread
constexpr std::int64_t large_bytes_kept = std::int64_t{8} << 30;       // over all classes

std::atomic<std::int64_t> system_allocations{0};
std::atomic<std::int64_t> large_in_use{0};
std::atomic<std::int64_t> large_cached{0};

/// Class k holds blocks of (4 + k % 4) << (k / 4) units of 16 bytes.
constexpr int class_of(std::size_t bytes) {
    const std::size_t units = bytes <= 64 ? 4 : (bytes + 15) / 16;
    const int shift = static_cast<int>(std::bit_width(units - 1)) - 3;
    if (shift < 0) return 0;
    const std::size_t step = std::size_t{1} << shift;
    const auto quarter = static_cast<int>((units + step - 1) / step) - 4;
    return 4 * shift + quarter;
}
/// class_of() for blocks of a thread's lists, by units of 16 bytes.
constexpr auto small_classes = [] {
    std::array<std::uint8_t, small_limit / 16 + 1> classes{};
    for (std::size_t units = 0; units < classes.size(); ++units) classes[units] = static_cast<std::uint8_t>(class_of(16 * units));
    return classes;
}();
std::size_t bytes_of(int size_class) { return std::size_t(4 + size_class % 4) << (size_class / 4) << 4; }

struct FreeBlock {
    FreeBlock* next;
};
struct FreeList {
    FreeBlock* head = nullptr;
    int count = 0;

    void push(void* block) {
        head = new (block) FreeBlock{head};
        ++count;
    }
    void* pop() {
        if (!head) return nullptr;
        --count;
        return std::exchange(head, head->next);
    }
    void clear(std::size_t bytes) {
        while (void* block = pop()) {
            ASAN_UNPOISON_MEMORY_REGION(block, bytes);
            std::free(block);
        }
    }
};
using FreeLists = std::array<FreeList, class_count>;

struct SharedLists {
    std::mutex mutex;
    FreeLists lists;
};
// Never destroyed: tensors with static lifetime may be freed after everything else.
SharedLists& shared_lists() {
    static auto* lists = new SharedLists;
    return *lists;
}

// `lists` outlives its guard: memory freed later on a dying thread goes straight to the system.
thread_local constinit FreeList* thread_lists = nullptr;
thread_local constinit bool thread_is_ending = false;
constexpr int small_class_count = 4 * 6 + 1;
struct ThreadListsGuard {
    std::array<FreeList, small_class_count> lists;
    ThreadListsGuard() { thread_lists = lists.data(); }
    ~ThreadListsGuard() {
        thread_lists = nullptr;
        thread_is_ending = true;
        for (std::size_t k = 0; k < lists.size(); ++k) lists[k].clear(bytes_of(static_cast<int>(k)));
    }
};
FreeList* lists_of_this_thread() {
    if (thread_lists == nullptr && !thread_is_ending) {
        static thread_local ThreadListsGuard guard;
        (void)guard;
    }
    return thread_lists;
}

/// AddressSanitizer sees the bytes that were asked for, and none of a block that waits in a list but its link.
void* hand_out(void* block, std::size_t wanted, int size_class) {
    ASAN_UNPOISON_MEMORY_REGION(block, wanted);
    ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(block) + wanted, bytes_of(size_class) - wanted);
    return block;
}
void take_back(void* block, int size_class) {
    ASAN_UNPOISON_MEMORY_REGION(block, sizeof(FreeBlock));
    ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(block) + sizeof(FreeBlock), bytes_of(size_class) - sizeof(FreeBlock));
}
void free_block(void* block, int size_class) {
    ASAN_UNPOISON_MEMORY_REGION(block, bytes_of(size_class));
    std::free(block);
}

class OutOfMemory final : public std::bad_alloc {
public:
    explicit OutOfMemory(std::size_t bytes) noexcept {
        std::snprintf(message_, sizeof message_, "the system has no %zu bytes of memory for a tensor", bytes);
    }
    [[nodiscard]] const char* what() const noexcept override { return message_; }

private:
    char message_[80];
};

void* from_system(std::size_t bytes) {
    void* block = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!block) throw OutOfMemory(bytes);
    system_allocations.fetch_add(1, std::memory_order_relaxed);
    return block;
}

// What follows is out of the way of the blocks of this thread, so that those few instructions save no registers.
[[gnu::noinline]] void* allocate_small_anew(std::size_t bytes, int size_class) {
    if (FreeList* lists = lists_of_this_thread())
        if (void* block = lists[size_class].pop()) return hand_out(block, bytes, size_class);
    return hand_out(from_system(bytes_of(size_class)), bytes, size_class);
}

[[gnu::noinline]] void deallocate_small_for_good(void* block, int size_class) noexcept {
    FreeList* lists = lists_of_this_thread();
    if (!lists || lists[size_class].count >= small_blocks_kept) return free_block(block, size_class);
    take_back(block, size_class);
    lists[size_class].push(block);
}

[[gnu::noinline]] void* allocate_large(std::size_t bytes) {
    const int size_class = class_of(bytes);
    const auto rounded = static_cast<std::int64_t>(bytes_of(size_class));
    void* block = nullptr;
    {
        SharedLists& shared = shared_lists();
        std::lock_guard lock(shared.mutex);
        block = shared.lists[size_class].pop();
    }
    if (block) large_cached.fetch_sub(rounded, std::memory_order_relaxed);
    else block = from_system(static_cast<std::size_t>(rounded));
    large_in_use.fetch_add(rounded, std::memory_order_relaxed);
    return hand_out(block, bytes, size_class);
}

[[gnu::noinline]] void deallocate_large(void* block, std::size_t bytes) noexcept {
    const int size_class = class_of(bytes);
    const auto rounded = static_cast<std::int64_t>(bytes_of(size_class));
    large_in_use.fetch_sub(rounded, std::memory_order_relaxed);
    if (large_cached.load(std::memory_order_relaxed) + rounded > large_bytes_kept) return free_block(block, size_class);
    take_back(block, size_class);
    large_cached.fetch_add(rounded, std::memory_order_relaxed);
    SharedLists& shared = shared_lists();
    std::lock_guard lock(shared.mutex);
    shared.lists[size_class].push(block);
}

}  // namespace

void* allocate(std::size_t bytes) {
    if (bytes > small_limit) return allocate_large(bytes);
    const int size_class = small_classes[(bytes + 15) / 16];
    if (thread_lists)
        if (void* block = thread_lists[size_class].pop()) return hand_out(block, bytes, size_class);
    return allocate_small_anew(bytes, size_class);
}

void deallocate(void* block, std::size_t bytes) noexcept {
    if (bytes > small_limit) return deallocate_large(block, bytes);
    const int size_class = small_classes[(bytes + 15) / 16];
    if (!thread_lists || thread_lists[size_class].count >= small_blocks_kept) return deallocate_small_for_good(block, size_class);
    take_back(block, size_class);
    thread_lists[size_class].push(block);
}

}  // namespace detail

MemoryCounters memory_counters() {
    return {detail::system_allocations.load(), detail::large_in_use.load(), detail::large_cached.load()};
}

void release_cached_memory() {
    using namespace detail;
    if (FreeList* lists = lists_of_this_thread())
        for (int k = 0; k < small_class_count; ++k) lists[k].clear(bytes_of(k));
    SharedLists& shared = shared_lists();
    std::lock_guard lock(shared.mutex);
    for (int k = 0; k < class_count; ++k) shared.lists[static_cast<std::size_t>(k)].clear(bytes_of(k));
    large_cached.store(0);
}

}  // namespace cotangent
