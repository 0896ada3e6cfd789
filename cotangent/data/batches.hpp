#pragma once
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>

#include "cotangent/data/augment.hpp"
#include "cotangent/data/dataset.hpp"

namespace cotangent::data {

/// What a training step takes.
struct Batch {
    Tensor images;  ///< [B, C, H, W]  float32 in [0, 1], or normalised
    Tensor labels;  ///< [B]  int64
};

struct BatchOptions {
    bool shuffle = true;        ///< in an order drawn from rng; false keeps the dataset's
    bool drop_last = false;     ///< leave out the last batch when it is smaller than the others
    Augmentation augment = {};  ///< changes [B, H, W, C] uint8 before it becomes floats; none when empty
    std::optional<ChannelStatistics> normalize = {};  ///< applied last
    int prefetch = 2;  ///< batches made ahead on a thread of their own; 0 makes each when it is asked for
};

/// One pass over a dataset, batch by batch: a range for a `for` loop. Leaving the loop early stops the loading thread;
/// an exception there (of an augmentation, say) is rethrown by the loop when it reaches that batch.
///
///     for (const Batch& batch : batches(train, 128, rng)) ...
class Batches {
public:
    class Loader;

    /// Moves forward only; `*it` stays valid until `++it`.
    class Iterator {
    public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;

        explicit Iterator(Loader* loader) : loader_(loader) {}
        [[nodiscard]] const Batch& operator*() const;
        Iterator& operator++();
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& iterator, std::default_sentinel_t) { return iterator.is_at_end(); }

    private:
        [[nodiscard]] bool is_at_end() const;
        Loader* loader_;
    };

    Batches(ImageDataset dataset, std::int64_t batch_size, Rng rng, BatchOptions options);
    ~Batches();
    Batches(Batches&&) noexcept;
    Batches& operator=(Batches&&) noexcept;

    /// Starts the pass; calling it again starts the same pass anew and ends the one before.
    [[nodiscard]] Iterator begin();
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
    /// The number of batches of a pass.
    [[nodiscard]] std::int64_t size() const;

private:
    struct Plan;
    std::shared_ptr<const Plan> plan_;
    std::unique_ptr<Loader> loader_;
};

/// Cuts a dataset in batches. The order and all augmentation come from a stream split off `rng` here, whatever the threads
/// do; a call per epoch gives each epoch its own.
///
/// @throws ShapeError, DtypeError, ValueError  the dataset does not check(), or an option is out of range
[[nodiscard]] Batches batches(ImageDataset dataset, std::int64_t batch_size, Rng& rng, BatchOptions options = {});

}  // namespace cotangent::data
