#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "classifier.hpp"
#include "command.hpp"
#include "cotangent/tensor/threads.hpp"
#include "datasets.hpp"
#include "learn_chapter.hpp"
#include "page.hpp"
#include "serve.hpp"
#include "validators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

struct Arguments {
    std::filesystem::path out = "out/tour";
    std::uint64_t seed = 0;
    int threads = 0, port = 8765, epochs = 30;
    bool serve = false, no_serve = false, json = false;
};

/// `AMD EPYC, 2 cores, 23 GiB`, as far as the system tells.
std::string machine() {
    std::string processor = "unknown processor", line;
    for (std::ifstream info("/proc/cpuinfo"); std::getline(info, line);)
        if (line.starts_with("model name")) {
            processor = line.substr(line.find(':') + 2);
            break;
        }
    double gib = 0;
    for (std::ifstream info("/proc/meminfo"); std::getline(info, line);)
        if (line.starts_with("MemTotal:")) gib = std::stod(line.substr(9)) / (1024 * 1024);
    return fmt::format("{}, {} threads, {:.0f} GiB", processor, thread_count(), gib);
}

std::string command_line(const Arguments& a) {
    std::string text = "cotangent tour";
    if (a.out != Arguments{}.out) text += " --out " + a.out.string();
    if (a.seed != 0) text += fmt::format(" --seed {}", a.seed);
    if (a.threads != 0) text += fmt::format(" --threads {}", a.threads);
    if (a.epochs != Arguments{}.epochs) text += fmt::format(" --epochs {}", a.epochs);
    return text;
}

void run(const Arguments& a) {
    const auto start = std::chrono::steady_clock::now();
    if (a.threads > 0) set_thread_count(a.threads);
    if (page_template().empty()) throw Error("tour: this build has no page: build again where npm is installed");
    std::filesystem::create_directories(a.out);
    std::cerr << "Chapter 1, learn: what is in a picture?\n";
    const Source source = load_source("emoji", {});
    std::cerr << fmt::format("Drew {} emoji: {} to train on, {} to choose by, {} to test on\n",
                             source.train.size() + source.validation.size() + source.test.size(), source.train.size(),
                             source.validation.size(), source.test.size());
    const NetworkSpec spec{"resnet14", 16, source.channels(), source.side(), source.plain_train.class_names, source.statistics, a.seed};
    TrainOptions options;
    options.epochs = a.epochs;
    options.lr = 5e-3;
    options.label_smoothing = 0.1;
    options.seed = a.seed;
    options.checkpoint = a.out / "emoji.checkpoint";
    options.progress = progress_stream();
    options.progress_style = progress_style();
    if (std::filesystem::exists(options.checkpoint)) std::cerr << fmt::format("Going on from {}\n", options.checkpoint.string());
    const Trained trained = train(spec, source.train, &source.validation, source.augment, options);
    if (trained.end == nn::FitEnd::interrupted)
        throw Interrupted{fmt::format("Everything so far is in {}; the same command goes on from there.", options.checkpoint.string())};
    const std::filesystem::path model = a.out / "emoji.safetensors", page = a.out / "index.html";
    trained.classifier.save(model);
    const nn::Evaluation test = trained.classifier.evaluate(source.test);
    const nn::Interval interval = nn::wilson_interval(test.accuracy, source.test.size());
    if (!a.json)
        std::cout << fmt::format("{:.1f} % of {} unseen emoji right (95 % interval {:.1f} to {:.1f} %)\n", 100 * test.accuracy,
                             source.test.size(), 100 * interval.low, 100 * interval.high);
    nlohmann::json report{
        {"version", 1},
        {"title", "Cotangent: the tour"},
        {"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
        {"command", command_line(a)},
        {"seed", a.seed},
        {"threads", thread_count()},
        {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()},
        {"machine", machine()},
        {"chapters", nlohmann::json::array({learn_chapter(source, trained, test, options)})}};
    write_page(page, report);
    std::filesystem::remove(options.checkpoint);
    if (a.json)
        std::cout << nlohmann::json{{"accuracy", test.accuracy}, {"interval", {interval.low, interval.high}}, {"pictures", source.test.size()},
                                    {"page", page.string()}, {"model", model.string()}, {"seconds", report["seconds"]}}
                         .dump(2)
                  << std::endl;
    else std::cout << fmt::format("Wrote {} and {}\n", page.string(), model.string());
    if (!a.no_serve) serve(page, a.port);
}

}  // namespace

void add_tour(CLI::App& app) {
    auto* command = app.add_subcommand("tour", "The whole story in two minutes, ending in a page to look at");
    auto a = std::make_shared<Arguments>();
    command->add_option("--out", a->out, "Folder of the page and the model")->capture_default_str();
    command->add_option("--seed", a->seed, "Everything random follows from it")->capture_default_str();
    command->add_option("--threads", a->threads, "Default: all processors; results do not depend on it")->check(above_zero());
    command->add_option("--epochs", a->epochs, "Passes over the emoji")->capture_default_str()->check(above_zero());
    auto* no_serve = command->add_flag("--no-serve", a->no_serve, "Do not serve the page on 127.0.0.1 afterwards");
    command->add_flag("--serve", a->serve, "Serve it (default)")->excludes(no_serve);
    command->add_option("--port", a->port, "Port to serve on; 0 takes a free one")->capture_default_str()->check(CLI::Range(0, 65535));
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->footer("Examples:\n  cotangent tour\n  cotangent tour --no-serve --out /tmp/tour --seed 7");
    command->callback([a] { run(*a); });
}

}  // namespace cotangent::app
