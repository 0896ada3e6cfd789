#include "cotangent/data/batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

namespace cotangent::data {

/// Everything that decides what each batch is; shared with the loading thread and never changed.
struct Batches::Plan {
    ImageDataset dataset;
    std::vector<std::int64_t> order;
    std::int64_t batch_size;
    std::int64_t count;
    Rng rng;
    BatchOptions options;

    [[nodiscard]] Batch make(std::int64_t number) const {
        const auto first = static_cast<std::size_t>(number * batch_size);
        const auto rows =
            std::span(order).subspan(first, std::min(static_cast<std::size_t>(batch_size), order.size() - first));
        Tensor images = take_rows(dataset.images, rows);
        if (options.augment) {
            Rng own = rng.fork(static_cast<std::uint64_t>(number));
            images = options.augment(images, own);
        }
        if (images.length(0) != static_cast<std::int64_t>(rows.size())) {
            throw ShapeError(fmt::format("batches: the augmentation gives shape {}, expected {} pictures",
                                         to_string(images.shape()), rows.size()));
        }
        images = to_float(images);
        if (options.normalize) images = data::normalize(images, *options.normalize);
        return {std::move(images), take_rows(dataset.labels, rows)};
    }
};

/// Makes the batches of one pass in order, ahead of whoever takes them.
class Batches::Loader {
public:
    explicit Loader(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {
        if (plan_->options.prefetch > 0 && plan_->count > 0) thread_ = std::thread([this] { fill(); });
        try {
            next();
        } catch (...) {
            stop();
            throw;
        }
    }
    ~Loader() { stop(); }
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    [[nodiscard]] bool is_at_end() const { return taken_ > plan_->count; }
    [[nodiscard]] const Batch& current() const { return current_; }

    void next() {
        if (taken_++ >= plan_->count) return;
        if (!thread_.joinable()) {
            current_ = plan_->make(taken_ - 1);
            return;
        }
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return !queue_.empty() || failure_; });
        // Batches made before a failure are still good.
        if (queue_.empty()) std::rethrow_exception(failure_);
        current_ = std::move(queue_.front());
        queue_.pop_front();
        emptied_.notify_one();
    }

private:
    void fill() noexcept {
        for (std::int64_t number = 0; number < plan_->count; ++number) {
            std::exception_ptr failure;
            Batch batch;
            try {
                batch = plan_->make(number);
            } catch (...) {
                failure = std::current_exception();
            }
            std::unique_lock lock(mutex_);
            if (failure) {
                failure_ = std::move(failure);
                filled_.notify_one();
                return;
            }
            const auto room = static_cast<std::size_t>(plan_->options.prefetch);
            emptied_.wait(lock, [&] { return queue_.size() < room || is_stopped_; });
            if (is_stopped_) return;
            queue_.push_back(std::move(batch));
            filled_.notify_one();
        }
    }

    void stop() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            is_stopped_ = true;
        }
        emptied_.notify_one();
        thread_.join();
    }

    std::shared_ptr<const Plan> plan_;
    Batch current_;
    std::int64_t taken_ = 0;  // batches asked for; one past the end is the end

    std::mutex mutex_;  // guards the four below
    std::condition_variable filled_, emptied_;
    std::deque<Batch> queue_;
    std::exception_ptr failure_;
    bool is_stopped_ = false;
    std::thread thread_;
};

const Batch& Batches::Iterator::operator*() const { return loader_->current(); }
Batches::Iterator& Batches::Iterator::operator++() {
    loader_->next();
    return *this;
}
bool Batches::Iterator::is_at_end() const { return loader_->is_at_end(); }

Batches::Batches(ImageDataset dataset, std::int64_t batch_size, Rng rng, BatchOptions options) {
    check(dataset);
    if (batch_size < 1) throw ValueError(fmt::format("batches: batch_size is {}, expected at least 1", batch_size));
    if (options.prefetch < 0)
        throw ValueError(fmt::format("batches: prefetch is {}, expected at least 0", options.prefetch));
    std::vector<std::int64_t> order(static_cast<std::size_t>(dataset.size()));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    if (options.shuffle) order = permutation(rng, dataset.size()).to_vector<std::int64_t>();
    const std::int64_t whole = dataset.size() / batch_size;
    const std::int64_t count = whole + (!options.drop_last && dataset.size() % batch_size != 0 ? 1 : 0);
    plan_ = std::make_shared<const Plan>(Plan{.dataset = std::move(dataset),
                                              .order = std::move(order),
                                              .batch_size = batch_size,
                                              .count = count,
                                              .rng = rng.split(),
                                              .options = std::move(options)});
}
Batches::~Batches() = default;
Batches::Batches(Batches&&) noexcept = default;
Batches& Batches::operator=(Batches&&) noexcept = default;

Batches::Iterator Batches::begin() {
    loader_.reset();
    loader_ = std::make_unique<Loader>(plan_);
    return Iterator(loader_.get());
}

std::int64_t Batches::size() const { return plan_->count; }

Batches batches(ImageDataset dataset, std::int64_t batch_size, Rng& rng, BatchOptions options) {
    return {std::move(dataset), batch_size, rng.split(), std::move(options)};
}

}  // namespace cotangent::data
