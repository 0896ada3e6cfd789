#include "cotangent/data/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace data = cotangent::data;
using cotangent::Dtype;
using cotangent::Tensor;

namespace {

data::ImageDataset ramp(std::int64_t count, std::int64_t classes) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count) * 2 * 3 * 3);
    std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
    data::ImageDataset dataset;
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < count; ++i) {
        labels.push_back(i % classes);
        dataset.names.push_back("picture " + std::to_string(i));
    }
    for (std::int64_t c = 0; c < classes; ++c) dataset.class_names.push_back("class " + std::to_string(c));
    dataset.images = Tensor::from(pixels, {count, 2, 3, 3});
    dataset.labels = Tensor::from(labels, {count});
    return dataset;
}

}  // namespace

TEST_CASE("a fingerprint tells apart datasets that differ in one pixel, label, class name or in their shape") {
    const data::ImageDataset dataset = ramp(10, 3);
    data::ImageDataset pixel = dataset, label = dataset, name = dataset, names = dataset, shape = dataset;
    pixel.images.mutable_values<std::uint8_t>().back() ^= 1;
    label.labels.mutable_values<std::int64_t>()[0] = 1;
    name.class_names[2] = "class 3";
    names.class_names = {"class 0c", "lass 1", "class 2"};
    shape.images = shape.images.view({10, 3, 2, 3});
    std::vector<std::uint64_t> seen{data::fingerprint(dataset)};
    for (const auto& other : {pixel, label, name, names, shape}) seen.push_back(data::fingerprint(other));
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    CHECK(data::fingerprint(dataset) == data::fingerprint(ramp(10, 3)));
}

TEST_CASE("subset keeps pictures, labels and names together") {
    const auto dataset = ramp(10, 3);
    const auto part = data::subset(dataset, std::vector<std::int64_t>{7, 2, 7});
    data::check(part);
    CHECK(part.names == std::vector<std::string>{"picture 7", "picture 2", "picture 7"});
    CHECK(part.labels.to_vector<int>() == std::vector<int>{1, 2, 1});
    CHECK(part.images.values<std::uint8_t>()[0] == 7 * 18);
    CHECK(part.images.values<std::uint8_t>()[18] == 2 * 18);
    CHECK_THROWS_WITH_AS((void)data::subset(dataset, std::vector<std::int64_t>{10}),
                         "take_rows: an index is 10, expected one in [0, 10)", cotangent::ValueError);
}

TEST_CASE("split gives each class its share, loses nothing, and repeats for a seed") {
    const auto dataset = ramp(40, 4);
    cotangent::Rng rng(5), same(5);
    const auto [first, second] = data::split(dataset, 0.3, rng);
    CHECK(first.size() == 12);
    CHECK(second.size() == 28);
    for (int label = 0; label < 4; ++label) {
        const auto labels = first.labels.to_vector<int>();
        CHECK(std::count(labels.begin(), labels.end(), label) == 3);
    }
    auto names = first.names;
    names.insert(names.end(), second.names.begin(), second.names.end());
    std::sort(names.begin(), names.end());
    CHECK(std::unique(names.begin(), names.end()) == names.end());
    CHECK(names.size() == 40);
    CHECK(data::split(dataset, 0.3, same).first.names == first.names);
    CHECK(data::split(dataset, 0.3, same).first.names != first.names);
    CHECK_THROWS_AS((void)data::split(dataset, 1.5, rng), cotangent::ValueError);
}

TEST_CASE("to_float moves channels first and divides by 255") {
    const auto dataset = ramp(3, 1);
    const Tensor images = data::to_float(dataset.images);
    CHECK(images.shape() == cotangent::Shape{3, 3, 2, 3});
    for (std::int64_t n = 0; n < 3; ++n)
        for (std::int64_t c = 0; c < 3; ++c)
            for (std::int64_t p = 0; p < 6; ++p)
                CHECK(images.values<float>()[(n * 3 + c) * 6 + p] == static_cast<float>((n * 6 + p) * 3 + c) / 255.0f);
    CHECK_THROWS_AS((void)data::to_float(images), cotangent::DtypeError);
}

TEST_CASE("normalized images have mean 0 and deviation 1 in each channel") {
    const auto dataset = ramp(9, 1);
    const Tensor images = data::normalize(data::to_float(dataset.images), data::channel_statistics(dataset.images));
    for (std::int64_t c = 0; c < 3; ++c) {
        double sum = 0, squares = 0;
        for (std::int64_t n = 0; n < 9; ++n)
            for (std::int64_t p = 0; p < 6; ++p) {
                const double v = images.values<float>()[(n * 3 + c) * 6 + p];
                sum += v, squares += v * v;
            }
        CHECK(std::abs(sum / 54) < 1e-5);
        CHECK(std::abs(squares / 54 - 1) < 1e-5);
    }
    CHECK_THROWS_WITH_AS((void)data::normalize(images, {{0.5f}, {1.0f}}),
                         "normalize: statistics have 1 means and 1 deviations, expected 3 for images [9, 3, 2, 3]",
                         cotangent::ShapeError);
}

TEST_CASE("check names the field that does not fit") {
    auto dataset = ramp(4, 2);
    dataset.labels = Tensor::from(std::vector<std::int64_t>{0, 1, 2, 0}, {4});
    CHECK_THROWS_WITH_AS(data::check(dataset), "dataset: a label is 2, expected one of 2 classes", cotangent::ValueError);
    dataset.labels = Tensor::from(std::vector<std::int64_t>{0, 1}, {2});
    CHECK_THROWS_WITH_AS(data::check(dataset), "dataset: labels have shape [2], expected [4] for images [4, 2, 3, 3]",
                         cotangent::ShapeError);
    dataset.labels = Tensor::from(std::vector<float>(4), {4});
    CHECK_THROWS_WITH_AS(data::check(dataset), "dataset: labels have dtype float32, expected int64", cotangent::DtypeError);
}
