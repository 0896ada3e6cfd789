#include "learn_chapter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

using nlohmann::json;

constexpr int samples_per_class = 12, mistakes_shown = 24, right_shown = 8, augmented_shown = 4, variants_shown = 7;

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 3; ++k) word = word << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
        for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : alphabet[word >> (18 - 6 * k) & 63];
    }
    return text;
}

Tensor picture_at(const Tensor& images, std::int64_t index) {
    const Shape& s = images.shape();
    return images.view({s[1], s[2], s[3]}, index * s[1] * s[2] * s[3]);
}

std::string data_uri(const Tensor& picture) { return "data:image/png;base64," + base64(data::encode_png(picture)); }

std::string name_at(const data::ImageDataset& dataset, std::int64_t index) {
    return dataset.names.empty() ? fmt::format("picture {}", index + 1) : dataset.names[static_cast<std::size_t>(index)];
}

json picture_json(const data::ImageDataset& dataset, std::int64_t index) {
    return {{"image", data_uri(picture_at(dataset.images, index))}, {"name", name_at(dataset, index)}};
}

std::vector<std::vector<std::int64_t>> by_class(const data::ImageDataset& dataset, std::size_t classes) {
    std::vector<std::vector<std::int64_t>> members(classes);
    if (dataset.labels.is_empty()) return members;
    const auto labels = dataset.labels.values<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
    return members;
}

json classes_json(const Source& source) {
    const auto& names = source.plain_train.class_names;
    const auto train = by_class(source.plain_train, names.size()), validation = by_class(source.validation, names.size());
    const auto test = by_class(source.test, names.size());
    json classes = json::array();
    for (std::size_t c = 0; c < names.size(); ++c) {
        json samples = json::array();
        const std::size_t count = std::min<std::size_t>(samples_per_class, train[c].size());
        for (std::size_t k = 0; k < count; ++k)  // spread over the class, whose order is by subject
            samples.push_back(picture_json(source.plain_train, train[c][k * train[c].size() / count]));
        classes.push_back({{"name", names[c]}, {"train", train[c].size()}, {"validation", validation[c].size()},
                           {"test", test[c].size()}, {"samples", samples}});
    }
    return classes;
}

json augmented_json(const Source& source) {
    json list = json::array();
    for (int k = 0; k < augmented_shown; ++k) {
        const std::int64_t index = source.train.size() * (2 * k + 1) / (2 * augmented_shown);
        const std::vector<std::int64_t> copies(variants_shown, index);
        Rng rng(static_cast<std::uint64_t>(k));
        const Tensor changed = source.augment(data::take_rows(source.train.images, copies), rng);
        json variants = json::array();
        for (int v = 0; v < variants_shown; ++v) variants.push_back(data_uri(picture_at(changed, v)));
        list.push_back({{"picture", picture_json(source.plain_train, index)}, {"variants", variants}});
    }
    return list;
}

json or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json history_json(const std::vector<nn::EpochReport>& history) {
    json list = json::array();
    for (const nn::EpochReport& r : history)
        list.push_back({{"epoch", r.epoch}, {"train_loss", or_null(r.train_loss)}, {"validation_loss", or_null(r.validation_loss)},
                        {"train_accuracy", or_null(r.train_accuracy)}, {"validation_accuracy", or_null(r.validation_accuracy)},
                        {"learning_rate", or_null(r.lr)}, {"seconds", r.seconds}});
    return list;
}

json judged_json(const Source& source, const Tensor& probabilities, const Tensor& order, std::int64_t index) {
    const std::int64_t classes = probabilities.length(1);
    json guesses = json::array();
    for (std::int64_t k = 0; k < std::min<std::int64_t>(3, classes); ++k) {
        const std::int64_t c = order.data<std::int64_t>()[index * classes + k];
        guesses.push_back({{"class", c}, {"probability", std::clamp(probabilities.data<float>()[index * classes + c], 0.0F, 1.0F)}});
    }
    return {{"picture", picture_json(source.test, index)}, {"truth", source.test.labels.data<std::int64_t>()[index]}, {"guesses", guesses}};
}

json model_json(const Trained& trained, const TrainOptions& options) {
    json layers = json::array();
    for (const LayerLine& layer : trained.classifier.layers)
        layers.push_back({{"name", layer.name}, {"what", layer.what}, {"output", layer.output}, {"parameters", layer.parameters}});
    return {{"layers", layers},
            {"optimizer", fmt::format("AdamW, learning rate {} with warm-up and cosine decay, weight decay {}", options.lr, options.weight_decay)},
            {"batch_size", options.batch_size}};
}

json steps_json() {
    return {{{"title", "Train on your own pictures"},
             {"text", "One sub-folder a class; JPEG, PNG or WebP. Ctrl-C stops and keeps what was learned; the same command goes on."},
             {"command", "cotangent train --data images:pictures --out model.safetensors"}},
            {{"title", "See how good it is"}, {"text", "On the part of the pictures that training never saw."},
             {"command", "cotangent evaluate model.safetensors --data images:pictures"}},
            {{"title", "Ask it"}, {"text", "The most probable classes of any picture."},
             {"command", "cotangent predict model.safetensors holiday.jpg"}}};
}

}  // namespace

json learn_chapter(const Source& source, const Trained& trained, const nn::Evaluation& test, const TrainOptions& options) {
    const Tensor probabilities = softmax(test.logits);
    const Tensor order = argsort(-probabilities, {.axis = 1});
    const std::int64_t classes = probabilities.length(1);
    std::vector<std::int64_t> mistakes, right;
    for (std::int64_t i = 0; i < source.test.size(); ++i)
        (order.data<std::int64_t>()[i * classes] == test.labels.data<std::int64_t>()[i] ? right : mistakes).push_back(i);
    const auto surer = [&](std::int64_t a, std::int64_t b) {
        const auto top = [&](std::int64_t i) { return probabilities.data<float>()[i * classes + order.data<std::int64_t>()[i * classes]]; };
        return top(a) > top(b);
    };
    std::stable_sort(mistakes.begin(), mistakes.end(), surer);
    std::stable_sort(right.begin(), right.end(), surer);
    json mistakes_json = json::array(), right_json = json::array(), confusion = json::array();
    for (std::size_t k = 0; k < std::min<std::size_t>(mistakes_shown, mistakes.size()); ++k)
        mistakes_json.push_back(judged_json(source, probabilities, order, mistakes[k]));
    for (std::size_t k = 0; k < std::min<std::size_t>(right_shown, right.size()); ++k)
        right_json.push_back(judged_json(source, probabilities, order, right[k]));
    const auto counts = nn::confusion_matrix(test.logits, test.labels).to_vector<std::int64_t>();
    for (std::int64_t c = 0; c < classes; ++c)
        confusion.push_back(std::vector<std::int64_t>(counts.begin() + c * classes, counts.begin() + (c + 1) * classes));
    const double top3 = nn::top_k_accuracy(test.logits, test.labels, 3);
    json data{{"source", source.where}, {"split", source.cut},
              {"shape", {source.side(), source.side(), source.channels()}}, {"classes", classes_json(source)}};
    if (source.augment) {
        data["augmentation"] = source.augmented;
        data["augmented"] = augmented_json(source);
    }
    return {{"kind", "learn"},
            {"title", "Learn"},
            {"summary", "A convolutional network is trained from scratch on this machine, and asked about pictures it has never seen."},
            {"data", data},
            {"model", model_json(trained, options)},
            {"history", history_json(trained.history)},
            {"result", {{"confusion", confusion}, {"top3_correct", std::llround(top3 * static_cast<double>(source.test.size()))}}},
            {"mistakes", mistakes_json},
            {"right", right_json},
            {"your_own", steps_json()}};
}

}  // namespace cotangent::app
