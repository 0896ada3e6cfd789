#include <iostream>
#include <memory>
#include <optional>

#include "classifier.hpp"
#include "command.hpp"
#include "cotangent/tensor/threads.hpp"
#include "datasets.hpp"
#include "validators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

struct Arguments {
    std::string model, data = "emoji";
    SourceOptions source;
    std::optional<std::uint64_t> seed;
    int threads = 0;
    bool json = false;
};

void print_table(const Classifier& classifier, const std::vector<std::int64_t>& counts, std::size_t classes) {
    std::cout << fmt::format("{:<22} {:>8} {:>10} {:>8}\n", "class", "pictures", "precision", "recall");
    for (std::size_t c = 0; c < classes; ++c) {
        std::int64_t truth = 0, predicted = 0;
        for (std::size_t k = 0; k < classes; ++k) {
            truth += counts[c * classes + k];
            predicted += counts[k * classes + c];
        }
        const auto hits = static_cast<double>(counts[c * classes + c]);
        const auto share = [&](std::int64_t n) { return n ? fmt::format("{:.1f} %", 100 * hits / static_cast<double>(n)) : "-"; };
        std::cout << fmt::format("{:<22} {:>8} {:>10} {:>8}\n", classifier.spec.class_names[c], truth, share(predicted), share(truth));
    }
}

void run(const Arguments& a) {
    if (a.threads > 0) set_thread_count(a.threads);
    const Classifier classifier = load_classifier(a.model);
    SourceOptions options = a.source;
    options.side = static_cast<int>(classifier.spec.side);
    options.augment = false;
    options.seed = a.seed.value_or(classifier.spec.seed);
    const Source source = load_source(a.data, options);
    const nn::Evaluation test = classifier.evaluate(source.test);
    const nn::Interval interval = nn::wilson_interval(test.accuracy, source.test.size());
    const double top3 = nn::top_k_accuracy(test.logits, test.labels, 3);
    const auto counts = nn::confusion_matrix(test.logits, test.labels).to_vector<std::int64_t>();
    const std::size_t classes = classifier.spec.class_names.size();
    if (a.json) {
        nlohmann::json confusion = nlohmann::json::array();
        for (std::size_t c = 0; c < classes; ++c)
            confusion.push_back(std::vector<std::int64_t>(counts.begin() + static_cast<std::ptrdiff_t>(c * classes),
                                                          counts.begin() + static_cast<std::ptrdiff_t>((c + 1) * classes)));
        std::cout << nlohmann::json{{"pictures", source.test.size()}, {"accuracy", test.accuracy}, {"interval", {interval.low, interval.high}},
                                    {"top3_accuracy", top3}, {"loss", test.loss}, {"classes", classifier.spec.class_names}, {"confusion", confusion}}
                         .dump(2)
                  << '\n';
        return;
    }
    std::cout << fmt::format("{:.1f} % of {} test pictures right (95 % interval {:.1f} to {:.1f} %); among the first three: {:.1f} %\n\n",
                             100 * test.accuracy, source.test.size(), 100 * interval.low, 100 * interval.high, 100 * top3);
    print_table(classifier, counts, classes);
}

}  // namespace

void add_evaluate(CLI::App& app) {
    auto* command = app.add_subcommand("evaluate", "See how good a trained network is on the test pictures");
    auto a = std::make_shared<Arguments>();
    command->add_option("model", a->model, "A file that `cotangent train` wrote")->required();
    command->add_option("--data", a->data, "emoji, mnist:DIR, cifar10:DIR or images:DIR")->capture_default_str()->check(name_that(wrong_source));
    command->add_option("--seed", a->seed, "Cut a folder into parts by another seed than the network was trained with");
    command->add_option("--threads", a->threads, "Default: all processors")->check(above_zero());
    command->add_flag("--skip-unreadable", a->source.skip_unreadable, "Leave out pictures that cannot be read");
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->footer("Example:\n  cotangent evaluate mnist.safetensors --data mnist:mnist");
    command->callback([a] { run(*a); });
}

}  // namespace cotangent::app
