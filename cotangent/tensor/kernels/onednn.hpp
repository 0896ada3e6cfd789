#pragma once
// oneDNN as the kernels use it: always on one thread, each thread with its own primitives. Work is shared by our own
// pool, in pieces that depend on shapes alone; libgomp never makes a thread.
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "cotangent/tensor/dtype.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"

#include <oneapi/dnnl/dnnl.hpp>

namespace cotangent::detail {

/// While it lives, OpenMP code called from this thread stays on it.
class OneThread {
public:
    OneThread() noexcept;
    ~OneThread();
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int before_;
};

/// The CPU; one for the process.
[[nodiscard]] dnnl::engine& engine();
/// This thread's queue; it runs what it is given at once.
[[nodiscard]] dnnl::stream& stream();
/// @throws DtypeError  neither float32 nor bfloat16
[[nodiscard]] dnnl::memory::data_type onednn_type(Dtype dtype);

/// Whether this processor has oneDNN's bfloat16 kernels; without them, go through float32.
[[nodiscard]] bool has_bfloat16_kernels();

/// A primitive that is ready to run: point its memories at data, then run.
class Primitive {
public:
    Primitive() = default;
    explicit Primitive(dnnl::primitive primitive) : primitive_(std::move(primitive)) {}
    Primitive& argument(int name, const dnnl::memory::desc& desc) {
        arguments_.insert_or_assign(name, dnnl::memory(desc, engine(), DNNL_MEMORY_NONE));
        return *this;
    }
    Primitive& point(int name, const void* data) {
        dnnl::memory& memory = arguments_.find(name)->second;
        // Setting it clears the padding of blocks, which whoever writes the blocks does anyway.
        if (memory.get_data_handle() != data) memory.set_data_handle(const_cast<void*>(data));
        return *this;
    }
    /// Scratch comes from the thread's workspace, which holds nothing between two runs.
    void run();

private:
    dnnl::primitive primitive_;
    std::unordered_map<int, dnnl::memory> arguments_;
};

/// What tells two problems apart: a tag of the kind of primitive, dtypes, lengths.
struct Problem {
    static constexpr std::size_t max_words = 20;
    std::array<std::int64_t, max_words> words{};

    template <class... W>
    explicit Problem(W... w) : words{static_cast<std::int64_t>(w)...} {
        static_assert(sizeof...(W) <= max_words);
    }
    friend bool operator==(const Problem&, const Problem&) = default;
};
struct ProblemHash {
    std::size_t operator()(const Problem& problem) const noexcept {
        std::uint64_t hash = 0xcbf29ce484222325u;
        for (const std::int64_t word : problem.words) {
            hash = (hash ^ static_cast<std::uint64_t>(word)) * 0x9e3779b97f4a7c15u;
            hash ^= hash >> 29;
        }
        return hash;
    }
};

/// A thread's prepared problems. Making one takes up to a millisecond, finding it again some 50 ns.
template <class Prepared>
class PreparedCache {
public:
    /// The prepared problem; `make()` gives it when it is new. Valid until the next call.
    template <class Make>
    Prepared& find(const Problem& problem, Make&& make) {
        if (const auto at = entries_.find(problem); at != entries_.end()) return at->second;
        if (entries_.size() >= max_entries) entries_.clear();  // a workload of ever new shapes must not grow for ever
        return entries_.emplace(problem, make()).first->second;
    }

private:
    static constexpr std::size_t max_entries = 1024;
    std::unordered_map<Problem, Prepared, ProblemHash> entries_;
};

}  // namespace cotangent::detail
