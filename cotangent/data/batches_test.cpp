#include "cotangent/data/batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

namespace data = cotangent::data;
using cotangent::Rng;
using cotangent::Tensor;

namespace {

/// Picture i is filled with i.
data::ImageDataset numbered(std::int64_t count) {
    std::vector<std::uint8_t> pixels;
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < count; ++i) {
        pixels.insert(pixels.end(), 4 * 4 * 3, static_cast<std::uint8_t>(i));
        labels.push_back(i % 5);
    }
    return {.images = Tensor::from(pixels, {count, 4, 4, 3}),
            .labels = Tensor::from(labels, {count}),
            .class_names = {"a", "b", "c", "d", "e"},
            .names = {}};
}

/// The numbers of the pictures of a pass, checking that labels stay with their pictures.
std::vector<int> order_of(data::Batches pass) {
    std::vector<int> order;
    for (const data::Batch& batch : pass) {
        CHECK(batch.images.dtype() == cotangent::Dtype::float32);
        CHECK(batch.images.length(0) == batch.labels.length(0));
        for (std::int64_t i = 0; i < batch.labels.size(); ++i) {
            const int number = static_cast<int>(batch.images.data<float>()[i * 48] * 255 + 0.5f);
            CHECK(batch.labels.data<std::int64_t>()[i] == number % 5);
            order.push_back(number);
        }
    }
    return order;
}

data::Augmentation slow_noise() {
    return [](const Tensor& images, Rng& rng) {
        std::this_thread::sleep_for(std::chrono::microseconds(rng.bits() % 500));
        return data::random_flip(data::random_affine(images, rng), rng);
    };
}

std::vector<float> pixels_of(data::Batches pass) {
    std::vector<float> pixels;
    for (const data::Batch& batch : pass) {
        const auto values = batch.images.values<float>();
        pixels.insert(pixels.end(), values.begin(), values.end());
    }
    return pixels;
}

}  // namespace

TEST_CASE("a pass shows every picture once, in another order each epoch") {
    const auto dataset = numbered(103);
    Rng rng(1), same(1);
    const auto first = order_of(data::batches(dataset, 10, rng));
    const auto second = order_of(data::batches(dataset, 10, rng));
    CHECK(std::set<int>(first.begin(), first.end()).size() == 103);
    CHECK(first.size() == 103);
    CHECK(first != second);
    CHECK(!std::is_sorted(first.begin(), first.end()));
    CHECK(order_of(data::batches(dataset, 10, same)) == first);
    const auto plain = order_of(data::batches(dataset, 10, rng, {.shuffle = false}));
    CHECK(std::is_sorted(plain.begin(), plain.end()));
}

TEST_CASE("the last batch is smaller, or left out") {
    Rng rng(1);
    auto pass = data::batches(numbered(25), 10, rng);
    std::vector<std::int64_t> sizes;
    for (const auto& batch : pass) sizes.push_back(batch.labels.size());
    CHECK(sizes == std::vector<std::int64_t>{10, 10, 5});
    CHECK(pass.size() == 3);
    CHECK(order_of(data::batches(numbered(25), 10, rng, {.drop_last = true})).size() == 20);
    CHECK(order_of(data::batches(numbered(5), 10, rng, {.drop_last = true})).empty());
    CHECK(order_of(data::batches(numbered(0), 10, rng)).empty());
}

TEST_CASE("batches are the same with and without threads") {
    const auto dataset = numbered(64);
    std::vector<std::vector<float>> results;
    for (const int prefetch : {0, 1, 2, 7}) {
        Rng rng(3);
        results.push_back(pixels_of(data::batches(dataset, 8, rng, {.augment = slow_noise(), .prefetch = prefetch})));
    }
    for (const auto& result : results) CHECK(result == results[0]);
    // Beginning again repeats the pass.
    Rng rng(3);
    auto pass = data::batches(dataset, 8, rng, {.augment = slow_noise()});
    (void)pass.begin();
    std::vector<float> pixels;
    for (const data::Batch& batch : pass) {
        const auto values = batch.images.values<float>();
        pixels.insert(pixels.end(), values.begin(), values.end());
    }
    CHECK(pixels == results[0]);
}

TEST_CASE("leaving a pass early stops its thread") {
    const auto dataset = numbered(64);
    for (int repeat = 0; repeat < 30; ++repeat) {
        Rng rng(static_cast<std::uint64_t>(repeat));
        int seen = 0;
        for (const data::Batch& batch :
             data::batches(dataset, 4, rng, {.augment = slow_noise(), .prefetch = 1 + repeat % 3})) {
            CHECK(batch.labels.size() == 4);
            if (++seen > repeat % 5) break;
        }
        const auto unused = data::batches(dataset, 4, rng);
        CHECK(unused.size() == 16);
    }
}

TEST_CASE("the queue is bounded") {
    std::atomic<int> made = 0;
    Rng rng(1);
    auto pass = data::batches(numbered(60), 1, rng,
                              {.augment =
                                   [&](const Tensor& images, Rng&) {
                                       ++made;
                                       return images;
                                   },
                               .prefetch = 3});
    auto it = pass.begin();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // One taken, three queued, one waiting for room.
    CHECK(made <= 5);
    CHECK((*it).labels.size() == 1);
}

TEST_CASE("an exception of an augmentation reaches the loop at its batch") {
    for (const int prefetch : {0, 2}) {
        Rng rng(1);
        int seen = 0;
        std::atomic<int> calls = 0;
        const auto fail_third = [&](const Tensor& images, Rng&) -> Tensor {
            if (++calls == 3) throw std::runtime_error("no third batch");
            return images;
        };
        const auto loop = [&] {
            for (const data::Batch& batch :
                 data::batches(numbered(50), 10, rng, {.augment = fail_third, .prefetch = prefetch})) {
                seen += batch.labels.size() == 10;
            }
        };
        CHECK_THROWS_WITH_AS(loop(), "no third batch", std::runtime_error);
        CHECK(seen == 2);
        const auto fail_first = [](const Tensor&, Rng&) -> Tensor { throw cotangent::ValueError("none"); };
        auto pass = data::batches(numbered(50), 10, rng, {.augment = fail_first, .prefetch = prefetch});
        CHECK_THROWS_AS((void)pass.begin(), cotangent::ValueError);
    }
}

TEST_CASE("normalized batches have the statistics that were asked for") {
    const auto dataset = numbered(100);
    Rng rng(1);
    const auto pixels = pixels_of(data::batches(dataset, 7, rng, {.normalize = data::channel_statistics(dataset.images)}));
    double sum = 0;
    for (const float v : pixels) sum += static_cast<double>(v);
    CHECK(std::abs(sum / static_cast<double>(pixels.size())) < 1e-5);
}

TEST_CASE("batches names the argument that is wrong") {
    Rng rng(1);
    CHECK_THROWS_WITH_AS((void)data::batches(numbered(5), 0, rng), "batches: batch_size is 0, expected at least 1",
                         cotangent::ValueError);
    auto broken = numbered(5);
    broken.class_names.pop_back();
    CHECK_THROWS_AS((void)data::batches(broken, 2, rng), cotangent::ValueError);
    const auto drop_one = [](const Tensor& images, Rng&) { return images.view({images.length(0) - 1, 4, 4, 3}); };
    CHECK_THROWS_WITH_AS((void)data::batches(numbered(5), 2, rng, {.augment = drop_one}).begin(),
                         "batches: the augmentation gives shape [1, 4, 4, 3], expected 2 pictures", cotangent::ShapeError);
}
