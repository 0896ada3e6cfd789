#include "datasets.hpp"

#include "cotangent/data/cifar10.hpp"
#include "cotangent/data/emoji.hpp"
#include "cotangent/data/idx.hpp"
#include "cotangent/data/image_folder.hpp"

#include <fmt/format.h>

namespace cotangent::app {
namespace {

using data::Part;

/// Training pictures of which some become the validation part.
void keep_some_for_validation(Source& source, data::ImageDataset train, const SourceOptions& options) {
    if (options.validation > 0) {
        Rng rng(options.seed);
        auto [validation, rest] = data::split(train, options.validation, rng);
        source.validation = std::move(validation);
        train = std::move(rest);
    }
    source.plain_train = source.train = std::move(train);
}

Source emoji(const SourceOptions& options) {
    const data::EmojiDataset all = data::load_emoji({.size = options.side ? options.side : 32});
    Source source;
    source.train = data::with_alpha(data::part(all, Part::train));
    source.plain_train = data::compose(data::part(all, Part::train));
    source.validation = data::compose(data::part(all, Part::validation));
    source.test = data::compose(data::part(all, Part::test));
    source.augment = data::in_order({
        [](const Tensor& x, Rng& rng) {
            return data::random_affine(x, rng, {.degrees = 12, .translate = 0.08, .smallest_scale = 0.85, .largest_scale = 1.15, .shear_degrees = 6});
        },
        [](const Tensor& x, Rng& rng) { return data::random_flip(x, rng); },
        [](const Tensor& x, Rng&) { return data::compose(x); },
        [](const Tensor& x, Rng& rng) { return data::color_jitter(x, rng); },
    });
    source.where = "Every emoji of Unicode's list, drawn from the Noto Color Emoji font on this machine; the label is Unicode's group.";
    source.cut = "Emoji by emoji, by a hash of its code points: 70 % to train on, 10 % to choose by, 20 % to test on, which nothing else sees.";
    source.augmented = "Turned, scaled, leaned, moved and mirrored at random, with other colours.";
    return source;
}

Source mnist(const std::string& folder, const SourceOptions& options) {
    Source source;
    keep_some_for_validation(source, data::load_mnist(folder, Part::train), options);
    source.test = data::load_mnist(folder, Part::test);
    source.augment = [](const Tensor& x, Rng& rng) {
        return data::random_affine(x, rng, {.degrees = 8, .translate = 0.06, .smallest_scale = 0.92, .largest_scale = 1.08});
    };
    source.where = fmt::format("Pictures in MNIST's format from {}.", folder);
    source.cut = fmt::format("The official test part; {:.0f} % of the training part are kept to choose by.", 100 * options.validation);
    source.augmented = "Turned, scaled and moved a little at random.";
    return source;
}

Source cifar10(const std::string& folder, const SourceOptions& options) {
    Source source;
    keep_some_for_validation(source, data::load_cifar10(folder, Part::train), options);
    source.test = data::load_cifar10(folder, Part::test);
    source.augment = data::in_order({
        [](const Tensor& x, Rng& rng) { return data::random_crop(x, rng); },
        [](const Tensor& x, Rng& rng) { return data::random_flip(x, rng); },
    });
    source.where = fmt::format("CIFAR-10 from {}.", folder);
    source.cut = fmt::format("The official test part; {:.0f} % of the training part are kept to choose by.", 100 * options.validation);
    source.augmented = "Moved by up to four pixels and mirrored at random.";
    return source;
}

Source images(const std::string& folder, const SourceOptions& options) {
    const int side = options.side ? options.side : 64;
    const auto unreadable = options.skip_unreadable ? data::Unreadable::skip : data::Unreadable::fail;
    const data::ImageFolder read = data::load_image_folder(folder, {.height = side, .width = side, .unreadable = unreadable});
    Source source;
    for (const data::SkippedImage& image : read.skipped) source.skipped.push_back(fmt::format("{}: {}", image.file, image.reason));
    Rng choice = Rng(options.seed).fork(1);
    auto [test, rest] = data::split(read.dataset, options.test, choice);
    source.test = std::move(test);
    keep_some_for_validation(source, std::move(rest), options);
    source.augment = data::in_order({
        [](const Tensor& x, Rng& rng) { return data::random_affine(x, rng, {.degrees = 10, .smallest_scale = 0.9, .largest_scale = 1.25}); },
        [](const Tensor& x, Rng& rng) { return data::random_flip(x, rng); },
        [](const Tensor& x, Rng& rng) { return data::color_jitter(x, rng); },
    });
    source.where = fmt::format("The pictures in {}, one sub-folder a class.", folder);
    source.cut = fmt::format("At random, class by class: {:.0f} % to test on, {:.0f} % of the rest to choose by.", 100 * options.test, 100 * options.validation);
    source.augmented = "Turned, scaled, moved and mirrored at random, with other colours.";
    return source;
}

/// The format and the folder of "mnist:DIR".
std::pair<std::string, std::string> kind_and_folder(const std::string& name) {
    const std::size_t colon = name.find(':');
    return {name.substr(0, colon), colon == std::string::npos ? "" : name.substr(colon + 1)};
}

}  // namespace

std::string wrong_source(const std::string& name) {
    const auto [kind, folder] = kind_and_folder(name);
    if (name == "emoji" || (!folder.empty() && (kind == "mnist" || kind == "cifar10" || kind == "images"))) return {};
    return fmt::format("is {}, expected emoji, mnist:DIR, cifar10:DIR or images:DIR", name);
}

Source load_source(const std::string& name, const SourceOptions& options) {
    if (const std::string wrong = wrong_source(name); !wrong.empty()) throw ValueError("--data: " + wrong);
    const auto [kind, folder] = kind_and_folder(name);
    Source source = kind == "emoji"     ? emoji(options)
                    : kind == "mnist"   ? mnist(folder, options)
                    : kind == "cifar10" ? cifar10(folder, options)
                                        : images(folder, options);
    if (!options.augment) {
        source.train = source.plain_train;
        source.augment = {};
        source.augmented = {};
    }
    source.statistics = data::channel_statistics(source.plain_train.images);
    return source;
}

}  // namespace cotangent::app
