#pragma once
#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "cotangent/tensor/storage.hpp"

namespace cotangent::detail {

/// Where the workspaces of one purpose come from. The first thread that needs a larger one has it made for every thread
/// of the pool at once: which thread meets a piece of work first is chance, and a training step that repeats must ask the
/// system for nothing, whoever does what.
class WorkspaceSource {
public:
    [[nodiscard]] bool is_behind(int threads) const { return provided_.load(std::memory_order_relaxed) < threads; }
    /// A workspace of at least `bytes` for one that is too small.
    void exchange(Storage& workspace, std::size_t bytes);
    void take_back(Storage workspace);

private:
    std::mutex mutex_;
    std::size_t bytes_ = 0;       // of the largest need so far
    std::atomic<int> provided_{0};  // workspaces of that size, spare or in use
    std::vector<Storage> spare_;
};

/// 64-byte aligned memory for a thread's intermediate results; it grows and is reused.
class Workspace {
public:
    explicit Workspace(WorkspaceSource& source) : source_(source) {}
    ~Workspace() { source_.take_back(std::move(storage_)); }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    [[nodiscard]] void* reserve(std::size_t bytes) {
        if (storage_.bytes() < bytes || source_.is_behind(pool_size())) source_.exchange(storage_, bytes);
        return bytes ? storage_.data() : nullptr;
    }

private:
    static int pool_size();
    WorkspaceSource& source_;
    Storage storage_;
};

/// This thread's workspace for a purpose, which a type names: `workspace<PackedKernel>()`.
template <class Purpose>
[[nodiscard]] Workspace& workspace() {
    static auto* const source = new WorkspaceSource;  // never destroyed: threads that end later give theirs back
    thread_local Workspace mine(*source);
    return mine;
}

}  // namespace cotangent::detail
