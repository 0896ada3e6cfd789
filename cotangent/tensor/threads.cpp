// One pool for the whole process. A call of parallel_pieces puts a job on a list and works on it itself; sleeping
// workers wake and take pieces from the oldest job. The caller never waits for a piece nobody has started, so nested
// and concurrent calls cannot dead-lock.
#include "cotangent/tensor/threads.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace detail {
namespace {

struct Job {
    void (*run)(void*, std::int64_t);
    void* context;
    std::int64_t pieces;
    TraceState state;  // of the caller, so that its helpers are inside of the same op
    std::atomic<std::int64_t> next{0};
    int helpers = 0;  // workers inside the job; guarded by the pool's mutex
    std::exception_ptr error;
    std::mutex error_mutex;

    void work() {
        for (std::int64_t piece; (piece = next.fetch_add(1)) < pieces;) try {
                run(context, piece);
            } catch (...) {
                std::lock_guard lock(error_mutex);
                if (!error) error = std::current_exception();
                next.store(pieces);
            }
    }
};

class Pool {
public:
    static Pool& instance() {
        static Pool pool;
        return pool;
    }

    [[nodiscard]] int count() const { return count_.load(std::memory_order_relaxed); }

    void resize(int count) {
        std::lock_guard resizing(resize_mutex_);
        stop();
        count_.store(count);
        stopping_ = false;
        for (int k = 1; k < count; ++k) threads_.emplace_back([this] { serve(); });
    }

    void run(Job& job) {
        {
            std::lock_guard lock(mutex_);
            jobs_.push_back(&job);
        }
        const auto wanted = std::min<std::int64_t>(job.pieces - 1, count() - 1);
        for (std::int64_t k = 0; k < wanted; ++k) wake_.notify_one();
        job.work();
        std::unique_lock lock(mutex_);
        jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
        done_.wait(lock, [&] { return job.helpers == 0; });
    }

private:
    Pool() { resize(std::max(1, static_cast<int>(std::thread::hardware_concurrency()))); }
    ~Pool() { stop(); }

    void stop() {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

    Job* open_job() {
        for (Job* job : jobs_)
            if (job->next.load(std::memory_order_relaxed) < job->pieces) return job;
        return nullptr;
    }

    void serve() {
        std::unique_lock lock(mutex_);
        for (;;) {
            Job* job = nullptr;
            wake_.wait(lock, [&] { return stopping_ || (job = open_job()); });
            if (!job) return;
            ++job->helpers;
            lock.unlock();
            {
                const WorkFor caller(job->state);
                job->work();
            }
            lock.lock();
            if (--job->helpers == 0) done_.notify_all();
        }
    }

    std::mutex mutex_;
    std::mutex resize_mutex_;
    std::condition_variable wake_, done_;
    std::deque<Job*> jobs_;
    std::vector<std::thread> threads_;
    std::atomic<int> count_{1};
    bool stopping_ = false;
};

}  // namespace

void parallel_pieces(std::int64_t pieces, void (*run)(void*, std::int64_t), void* context) {
    Pool& pool = Pool::instance();
    // What is being recorded is recorded in order, by one thread; the ops' own pieces are not recorded.
    if (pool.count() == 1 || is_tracing()) {
        for (std::int64_t piece = 0; piece < pieces; ++piece) run(context, piece);
        return;
    }
    TraceState state = trace_state;
    if (state.trace) state.works_for = owner();
    Job job{run, context, pieces, state, {}, 0, {}, {}};
    pool.run(job);
    if (job.error) std::rethrow_exception(job.error);
}

}  // namespace detail

void set_thread_count(int count) {
    if (count < 1 || count > 1024) throw ValueError(fmt::format("set_thread_count: count is {}, expected 1 to 1024", count));
    detail::Pool::instance().resize(count);
}

int thread_count() { return detail::Pool::instance().count(); }

}  // namespace cotangent
