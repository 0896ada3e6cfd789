#include <algorithm>
#include <iostream>
#include <memory>

#include "classifier.hpp"
#include "command.hpp"
#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/ops.hpp"
#include "validators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

struct Arguments {
    std::string model;
    std::vector<std::string> files;
    int top = 3;
    bool json = false;
};

/// A file as the network wants it: [1, side, side, channels].
Tensor picture_for(const NetworkSpec& spec, const std::string& file) {
    const auto side = static_cast<int>(spec.side);
    Tensor picture = data::resize_and_crop(data::read_image(file), side, side);
    if (spec.channels == 1) {  // grey, as ITU-R BT.601 weighs colours
        Tensor grey = Tensor::uninitialized({side, side, 1}, Dtype::uint8);
        const std::uint8_t* from = picture.data<std::uint8_t>();
        for (std::int64_t k = 0; k < grey.size(); ++k)
            grey.fresh_data<std::uint8_t>()[k] = static_cast<std::uint8_t>((299 * from[3 * k] + 587 * from[3 * k + 1] + 114 * from[3 * k + 2] + 500) / 1000);
        picture = grey;
    }
    return picture.view({1, side, side, spec.channels});
}

void run(const Arguments& a) {
    const Classifier classifier = load_classifier(a.model);
    nlohmann::json all = nlohmann::json::array();
    for (const std::string& file : a.files) {
        const Tensor input = data::normalize(data::to_float(picture_for(classifier.spec, file)), classifier.spec.statistics);
        const auto probabilities = softmax(classifier.logits(input)).to_vector<double>();
        std::vector<std::size_t> order(probabilities.size());
        for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
        std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return probabilities[i] > probabilities[j]; });
        order.resize(std::min(order.size(), static_cast<std::size_t>(a.top)));
        nlohmann::json guesses = nlohmann::json::array();
        if (!a.json) std::cout << file << '\n';
        for (const std::size_t k : order) {
            const std::string& name = classifier.spec.class_names[k];
            if (!a.json) std::cout << fmt::format("  {:5.1f} %  {}\n", 100 * probabilities[k], name);
            guesses.push_back({{"class", name}, {"probability", probabilities[k]}});
        }
        all.push_back({{"file", file}, {"guesses", guesses}});
    }
    if (a.json) std::cout << all.dump(2) << '\n';
}

}  // namespace

void add_predict(CLI::App& app) {
    auto* command = app.add_subcommand("predict", "Ask a trained network about pictures");
    auto a = std::make_shared<Arguments>();
    command->add_option("model", a->model, "A file that `cotangent train` wrote")->required();
    command->add_option("files", a->files, "JPEG, PNG or WebP")->required();
    command->add_option("--top", a->top, "How many classes to show")->capture_default_str()->check(above_zero());
    command->add_flag("--json", a->json, "Print the answers as JSON");
    command->footer("Example:\n  cotangent predict emoji.safetensors hedgehog.png --top 5");
    command->callback([a] { run(*a); });
}

}  // namespace cotangent::app
