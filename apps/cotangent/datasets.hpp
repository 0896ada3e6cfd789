#pragma once
#include <string>

#include "cotangent/data/batches.hpp"
#include "cotangent/data/dataset.hpp"

namespace cotangent::app {

/// What --data names, cut into parts, ready to train on.
struct Source {
    data::ImageDataset train;       ///< RGBA for emoji, whose augmentation lays them over backgrounds
    data::ImageDataset plain_train; ///< the same pictures as the network sees them without augmentation
    data::ImageDataset validation, test;
    data::Augmentation augment;
    data::ChannelStatistics statistics;  ///< of plain_train
    std::string where;      ///< a sentence for people: where the pictures come from
    std::string cut;        ///< a sentence: how they were split
    std::string augmented;  ///< a sentence: what augmentation does
    std::vector<std::string> skipped;  ///< files that could not be read, with reasons

    [[nodiscard]] std::int64_t side() const { return plain_train.images.length(1); }
    [[nodiscard]] std::int64_t channels() const { return plain_train.images.length(3); }
};

struct SourceOptions {
    int side = 0;             ///< of emoji and folders of pictures, in pixels; 0: 32 and 64
    double validation = 0.1;  ///< the share of the training pictures that is kept for validation, where none is given
    double test = 0.2;        ///< the share of a folder of pictures that is kept for testing
    bool skip_unreadable = false;
    bool augment = true;
    std::uint64_t seed = 0;
};

/// What is wrong with a name for load_source; empty: nothing.
[[nodiscard]] std::string wrong_source(const std::string& name);

/// @param name  emoji, mnist:DIR, cifar10:DIR or images:DIR
/// @throws ValueError  another name    @throws IoError  files are absent or damaged
[[nodiscard]] Source load_source(const std::string& name, const SourceOptions& options);

}  // namespace cotangent::app
