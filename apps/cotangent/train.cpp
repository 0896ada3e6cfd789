#include <filesystem>
#include <iostream>
#include <memory>

#include "classifier.hpp"
#include "command.hpp"
#include "cotangent/tensor/threads.hpp"
#include "datasets.hpp"
#include "networks.hpp"
#include "validators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace cotangent::app {
namespace {

struct Arguments {
    std::string data = "emoji", model = "resnet14", out = "model.safetensors", precision = "float32";
    std::int64_t width = 0;
    SourceOptions source;
    TrainOptions train;
    int threads = 0;
    bool json = false, fresh = false, no_augment = false;
};

void run(const Arguments& given) {
    Arguments a = given;
    if (a.threads > 0) set_thread_count(a.threads);
    const std::filesystem::path checkpoint = a.out + ".checkpoint", folder = checkpoint.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder))
        throw IoError(fmt::format("--out: is {}, expected a path in a folder that exists", a.out));
    a.source.seed = a.train.seed;
    a.source.augment = !a.no_augment;
    const Source source = load_source(a.data, a.source);
    for (const std::string& file : source.skipped) std::cerr << "skipped " << file << '\n';
    if (source.test.size() == 0)
        throw ValueError(fmt::format("--data: {} leaves no pictures to test on, expected a class of at least three", a.data));
    NetworkSpec spec{a.model, a.width ? a.width : a.model == "mlp" ? 128 : 16, source.channels(), source.side(),
                     source.plain_train.class_names, source.statistics, a.train.seed};
    if (a.fresh) std::filesystem::remove(checkpoint);
    const bool resumed = std::filesystem::exists(checkpoint);
    if (a.precision == "bfloat16") a.train.precision = Dtype::bfloat16;
    a.train.checkpoint = checkpoint;
    a.train.settings = {{"--validation", fmt::format("{}", a.source.validation)}};
    a.train.progress = progress_stream();
    a.train.progress_style = progress_style();
    if (resumed) std::cerr << fmt::format("Going on from {} (--fresh starts anew)\n", checkpoint.string());
    const bool has_validation = source.validation.images.rank() == 4 && source.validation.size() > 0;
    const Trained trained = train(spec, source.train, has_validation ? &source.validation : nullptr, source.augment, a.train);
    if (trained.end == nn::FitEnd::interrupted)
        throw Interrupted{fmt::format("Everything so far is in {}; the same command goes on from there.", checkpoint.string())};
    trained.classifier.save(a.out);
    const nn::Evaluation test = trained.classifier.evaluate(source.test);
    std::filesystem::remove(checkpoint);
    print_training(trained, test, source.test.size(), a.out, a.json);
}

}  // namespace

void add_train(CLI::App& app) {
    auto* command = app.add_subcommand("train", "Train a network on pictures");
    auto a = std::make_shared<Arguments>();
    command->add_option("--data", a->data, "emoji, mnist:DIR, cifar10:DIR or images:DIR (one sub-folder a class)")->capture_default_str()->check(name_that(wrong_source));
    command->add_option("--model", a->model, "mlp, lenet5, resnet8, resnet14, resnet20, ...")->capture_default_str()->check(name_that(wrong_architecture));
    command->add_option("--out", a->out, "Where the model goes (safetensors)")->capture_default_str();
    command->add_option("--epochs", a->train.epochs, "Passes over the data")->capture_default_str()->check(above_zero());
    command->add_option("--batch", a->train.batch_size, "Pictures a step")->capture_default_str()->check(above_zero());
    command->add_option("--lr", a->train.lr, "Highest learning rate of AdamW")->capture_default_str()->check(above_zero());
    command->add_option("--weight-decay", a->train.weight_decay, "Of AdamW")->capture_default_str()->check(not_below_zero());
    command->add_option("--label-smoothing", a->train.label_smoothing, "Share of each target spread over all classes")->capture_default_str()->check(number_that([](double v) { return v >= 0 && v <= 1; }, "a number from 0 to 1"));
    command->add_option("--patience", a->train.patience, "Stop after so many epochs without a lower validation loss; 0: never")->capture_default_str()->check(not_below_zero());
    command->add_option("--precision", a->precision, "Of the forward and backward pass; bfloat16 pays where the processor multiplies it (AMX)")->capture_default_str()->check(CLI::IsMember({"float32", "bfloat16"}));
    command->add_option("--width", a->width, "Channels of a ResNet's first stage, or an MLP's hidden units (default 16, 128)")->check(above_zero());
    command->add_option("--size", a->source.side, "Side in pixels of emoji and folder pictures (default 32, 64)")->check(CLI::Range(1, 1024));
    command->add_option("--validation", a->source.validation, "Share of the training pictures kept for validation")->capture_default_str()->check(number_that([](double v) { return v >= 0 && v <= 0.9; }, "a number from 0 to 0.9"));
    command->add_option("--seed", a->train.seed, "Everything random follows from it")->capture_default_str();
    command->add_option("--threads", a->threads, "Default: all processors; results do not depend on it")->check(above_zero());
    command->add_flag("--no-augment", a->no_augment, "Show the network every picture as it is");
    command->add_flag("--skip-unreadable", a->source.skip_unreadable, "Leave out pictures that cannot be read, and say which");
    command->add_flag("--fresh", a->fresh, "Do not go on from an interrupted run");
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->footer(
        "Examples:\n"
        "  cotangent train --data emoji --epochs 30 --out emoji.safetensors\n"
        "  cotangent data fetch mnist --out mnist\n"
        "  cotangent train --data mnist:mnist --model lenet5 --epochs 3 --out mnist.safetensors\n"
        "  cotangent train --data images:my_pictures --out mine.safetensors");
    command->callback([a] { run(*a); });
}

}  // namespace cotangent::app
