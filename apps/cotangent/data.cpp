#include <filesystem>
#include <iostream>
#include <memory>

#include "command.hpp"
#include "cotangent/base/interrupt.hpp"
#include "cotangent/data/emoji.hpp"
#include "cotangent/data/fetch.hpp"
#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/error.hpp"
#include "datasets.hpp"
#include "validators.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

void describe(const std::string& name, bool json, bool skip) {
    const Source source = load_source(name, {.skip_unreadable = skip});
    for (const std::string& file : source.skipped) std::cerr << "skipped " << file << '\n';
    const auto& names = source.plain_train.class_names;
    const auto count = [&](const data::ImageDataset& part) {
        std::vector<std::int64_t> counts(names.size(), 0);
        for (const std::int64_t label : part.labels.to_vector<std::int64_t>()) ++counts[static_cast<std::size_t>(label)];
        return counts;
    };
    const auto train = count(source.plain_train), validation = count(source.validation), test = count(source.test);
    if (json) {
        nlohmann::json classes = nlohmann::json::array();
        for (std::size_t c = 0; c < names.size(); ++c)
            classes.push_back({{"name", names[c]}, {"train", train[c]}, {"validation", validation[c]}, {"test", test[c]}});
        std::cout << nlohmann::json{{"shape", {source.side(), source.side(), source.channels()}}, {"classes", classes}}.dump(2) << '\n';
        return;
    }
    std::cout << fmt::format("{}\n{}\nPictures are {} x {} with {} channels.\n\n{:<22} {:>7} {:>11} {:>6}\n", source.where, source.cut,
                             source.side(), source.side(), source.channels(), "class", "train", "validation", "test");
    for (std::size_t c = 0; c < names.size(); ++c)
        std::cout << fmt::format("{:<22} {:>7} {:>11} {:>6}\n", names[c], train[c], validation[c], test[c]);
}

void sheet(const std::string& name, const std::string& out, int columns, int count, bool skip, bool json) {
    const Source source = load_source(name, {.skip_unreadable = skip});
    std::vector<std::int64_t> indices;
    const std::int64_t shown = std::min<std::int64_t>(count, source.plain_train.size());
    for (std::int64_t k = 0; k < shown; ++k) indices.push_back(k * source.plain_train.size() / shown);
    data::write_image(out, data::tile_images(data::take_rows(source.plain_train.images, indices), columns));
    if (json) std::cout << nlohmann::json{{"file", out}, {"pictures", shown}}.dump(2) << '\n';
    else std::cout << fmt::format("Wrote {}\n", out);
}

void fetch(const std::string& name, const std::filesystem::path& out, const std::string& mirror, bool json) {
    const InterruptGuard guard;
    std::unique_ptr<Progress> progress;
    std::string current;
    data::FetchOptions options;
    if (!mirror.empty()) options.base_url = mirror;
    options.progress = [&](const data::FetchProgress& at) {
        if (interrupted())
            throw Interrupted{fmt::format("What came so far is in {}; the same command goes on from there.", out.string())};
        if (at.bytes_total == 0) return;
        if (at.file != current) {
            progress.reset();
            progress = std::make_unique<Progress>(progress_stream(), at.file, at.bytes_total, progress_style());
            current = at.file;
        }
        const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; };
        progress->update(at.bytes_done, fmt::format("{:.1f} of {:.1f} MB", megabytes(at.bytes_done), megabytes(at.bytes_total)));
    };
    data::fetch(name, out, options);
    progress.reset();
    if (json) std::cout << nlohmann::json{{"dataset", name}, {"folder", out.string()}}.dump(2) << '\n';
    else std::cout << fmt::format("{} is in {}\n", name, out.string());
}

}  // namespace

void add_data(CLI::App& app) {
    auto* command = app.add_subcommand("data", "Describe, look at and download data");
    command->require_subcommand(1);
    command->footer("Examples:\n  cotangent data describe emoji\n  cotangent data fetch mnist --out mnist");
    struct Arguments {
        std::string data = "emoji", sheet = "sheet.png", folder, name, mirror;
        int columns = 24, count = 480;
        bool json = false, skip = false;
    };
    auto a = std::make_shared<Arguments>();

    auto* describe_command = command->add_subcommand("describe", "Classes and numbers of pictures");
    describe_command->add_option("data", a->data, "emoji, mnist:DIR, cifar10:DIR or images:DIR")->capture_default_str()->check(name_that(wrong_source));
    describe_command->add_flag("--skip-unreadable", a->skip, "Leave out pictures that cannot be read, and say which");
    describe_command->add_flag("--json", a->json, "Print JSON");
    describe_command->footer("Example:\n  cotangent data describe images:my_pictures");
    describe_command->callback([a] { describe(a->data, a->json, a->skip); });

    auto* sheet_command = command->add_subcommand("sheet", "Training pictures side by side in one file");
    sheet_command->add_option("data", a->data, "emoji, mnist:DIR, cifar10:DIR or images:DIR")->capture_default_str()->check(name_that(wrong_source));
    sheet_command->add_option("--out", a->sheet, "PNG, WebP or JPEG")->capture_default_str();
    sheet_command->add_option("--columns", a->columns, "Pictures a row")->capture_default_str()->check(above_zero());
    sheet_command->add_option("--count", a->count, "Pictures in all")->capture_default_str()->check(above_zero());
    sheet_command->add_flag("--skip-unreadable", a->skip, "Leave out pictures that cannot be read");
    sheet_command->add_flag("--json", a->json, "Print JSON");
    sheet_command->footer("Example:\n  cotangent data sheet emoji --out emoji.png");
    sheet_command->callback([a] { sheet(a->data, a->sheet, a->columns, a->count, a->skip, a->json); });

    auto* fetch_command = command->add_subcommand("fetch", "Download a dataset from its official home, checked by SHA-256");
    fetch_command->add_option("name", a->name, "mnist, fashion-mnist or cifar10")->required()->check(CLI::IsMember({"mnist", "fashion-mnist", "cifar10"}));
    fetch_command->add_option("--out", a->folder, "Folder; default: the dataset's name");
    fetch_command->add_option("--mirror", a->mirror, "Take the files from this address instead");
    fetch_command->add_flag("--json", a->json, "Print JSON");
    fetch_command->footer("Example:\n  cotangent data fetch mnist --out mnist");
    fetch_command->callback([a] { fetch(a->name, a->folder.empty() ? a->name : a->folder, a->mirror, a->json); });
}

}  // namespace cotangent::app
