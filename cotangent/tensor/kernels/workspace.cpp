#include "cotangent/tensor/kernels/workspace.hpp"

#include <algorithm>

#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {

int Workspace::pool_size() { return thread_count(); }

void WorkspaceSource::exchange(Storage& workspace, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > bytes_) {
        bytes_ = bytes;
        spare_.clear();
        provided_.store(0, std::memory_order_relaxed);
    }
    for (const int threads = thread_count(); provided_.load(std::memory_order_relaxed) < threads; provided_.fetch_add(1))
        spare_.emplace_back(bytes_);
    if (workspace.bytes() >= bytes) return;
    workspace = {};
    if (spare_.empty()) {  // a thread beside the pool
        workspace = Storage(bytes_);
        return;
    }
    workspace = std::move(spare_.back());
    spare_.pop_back();
}

void WorkspaceSource::take_back(Storage workspace) {
    const std::lock_guard lock(mutex_);
    if (bytes_ > 0 && workspace.bytes() == bytes_) spare_.push_back(std::move(workspace));
}

}  // namespace cotangent::detail
