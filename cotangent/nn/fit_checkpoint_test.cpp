#include <fstream>
#include <iterator>

#include "cotangent/nn/detail/fit_testing.hpp"
#include "cotangent/nn/sgd.hpp"

namespace nn = ct::nn;
namespace data = ct::data;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("a run that is interrupted and resumed ends as one that was not, bit for bit") {
    const data::ImageDataset train = pictures(70), validation = pictures(20, 2);
    const auto check = [&](const auto& start) {
        auto whole = start();
        REQUIRE(nn::fit(whole, train, &validation, everything()) == nn::FitEnd::finished);
        for (const int stop_at : {0, 1, 5, 7, 14}) {  // before the first step, within epochs and between them
            CAPTURE(stop_at);
            const TemporaryFolder folder;
            nn::FitOptions options = everything();
            options.checkpoint = folder / "run.safetensors";
            int asked = 0;
            options.should_stop = [&] { return asked++ == stop_at; };
            auto part = start();
            REQUIRE(nn::fit(part, train, &validation, options) == nn::FitEnd::interrupted);
            CHECK(part.position.steps == stop_at);
            options.should_stop = nullptr;
            auto resumed = start();  // a new process: nothing but the file and the options
            resumed.seed = 999;      // the file's seed counts
            CHECK(nn::fit(resumed, train, &validation, options) == nn::FitEnd::finished);
            CHECK(same_run(resumed, whole));
            // Once finished it stays finished.
            CHECK(nn::fit(resumed, train, &validation, options) == nn::FitEnd::finished);
            CHECK(same_run(resumed, whole));
        }
    };
    check([] { return resnet_training<nn::Adam>(nn::AdamOptions{.weight_decay = 1e-3}); });
    check([] { return resnet_training<nn::Sgd>(nn::SgdOptions{.momentum = 0.9, .nesterov = true}); });
}

TEST_CASE("an interrupted run goes on in memory too, without a checkpoint") {
    const data::ImageDataset train = pictures(70);
    auto whole = mlp_training(), part = mlp_training();
    (void)nn::fit(whole, train, nullptr, everything());
    nn::FitOptions options = everything();
    int asked = 0;
    options.should_stop = [&] { return ++asked % 4 == 0; };
    int interruptions = 0;
    while (nn::fit(part, train, nullptr, options) == nn::FitEnd::interrupted) ++interruptions;
    CHECK(interruptions >= 3);
    CHECK(same_run(part, whole));
}

TEST_CASE("an optimizer that had counted steps before the run goes on from its own count") {
    const data::ImageDataset train = pictures(40);
    const auto start = [] {
        auto training = mlp_training();
        training.optimizer.step = 1000;
        return training;
    };
    nn::FitOptions options{.epochs = 1, .batch_size = 16};
    auto whole = start();
    (void)nn::fit(whole, train, nullptr, options);
    CHECK(whole.optimizer.step == 1003);
    const TemporaryFolder folder;
    options.checkpoint = folder / "run.safetensors";
    int asked = 0;
    options.should_stop = [&] { return asked++ == 1; };
    auto part = start();
    (void)nn::fit(part, train, nullptr, options);
    auto resumed = mlp_training();
    options.should_stop = nullptr;
    (void)nn::fit(resumed, train, nullptr, options);
    CHECK(same_run(resumed, whole));
}

TEST_CASE("a learning rate that the caller has changed is that of the resumed run") {
    const TemporaryFolder folder;
    auto training = mlp_training();
    training.optimizer.options.lr = 0.1 / 3;
    nn::save_checkpoint(folder / "run.safetensors", training);
    auto resumed = mlp_training();
    nn::load_checkpoint(folder / "run.safetensors", resumed);
    CHECK(resumed.optimizer.options.lr == 0.1 / 3);
}

TEST_CASE("a run that diverged to infinities and NaN can be resumed like any other") {
    const data::ImageDataset train = pictures(40), validation = pictures(20, 2);
    const TemporaryFolder folder;
    auto training = mlp_training();
    nn::FitOptions options{.epochs = 2, .batch_size = 16, .schedule = nn::constant(1e30)};
    options.checkpoint = folder / "run.safetensors";
    int asked = 0;
    options.should_stop = [&] { return asked++ == 5; };
    REQUIRE(nn::fit(training, train, &validation, options) == nn::FitEnd::interrupted);
    REQUIRE(!std::isfinite(training.position.loss_sum));
    auto resumed = mlp_training();
    nn::load_checkpoint(options.checkpoint, resumed);
    CHECK(identical_trees(resumed, training));
    CHECK(std::isfinite(resumed.position.loss_sum) == false);
    CHECK(same_report(resumed.position.history[0], training.position.history[0]));
}

TEST_CASE("a checkpoint that does not fit is refused with its reason, and nothing has changed") {
    const data::ImageDataset train = pictures(40);
    const TemporaryFolder folder;
    const auto path = folder / "run.safetensors";
    nn::FitOptions options{.epochs = 1, .batch_size = 16, .checkpoint = path};
    auto training = mlp_training();
    (void)nn::fit(training, train, nullptr, options);
    std::ifstream file(path, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(file)), {});
    const auto write = [&](const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; };
    const auto message = [&](auto fresh) {
        const auto before = fresh;
        std::string said;
        try {
            (void)nn::fit(fresh, train, nullptr, options);
        } catch (const ct::IoError& error) {
            said = error.what();
        }
        CHECK(same_run(fresh, before));
        CHECK(said.find(path.string()) != std::string::npos);
        return said;
    };
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };

    for (const std::size_t length : {std::size_t{0}, std::size_t{5}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
        CAPTURE(length);
        write(whole.substr(0, length));
        CHECK(!message(mlp_training()).empty());
    }
    // Another kind of training.
    write(whole);
    ct::Rng rng(1);
    const nn::Mlp wider = nn::Mlp::init(rng, {64, 17, 3});
    CHECK(has(message(nn::start_training(wider, nn::NoState{}, nn::Adam<nn::Mlp>::init(wider, {}))), "model.layers.0.weight"));
    const nn::Mlp same = nn::Mlp::init(rng, {64, 16, 3});
    CHECK(has(message(nn::start_training(same, nn::NoState{}, nn::Sgd<nn::Mlp>::init(same, {}))), "optimizer.velocity"));
    // Tensors without a run, and a run that does not read.
    ct::save(path, training);
    CHECK(has(message(mlp_training()), "holds no training run, expected metadata `fit`"));
    for (const char* run : {"", "{", "[]", "{}", R"({"version": 1})", R"({"version": 5, "seed": "x"})"}) {
        CAPTURE(run);
        ct::save(path, training, {{"fit", run}});
        CHECK(!message(mlp_training()).empty());
    }
    ct::save(path, training, {{"fit", R"({"version": 1})"}});
    CHECK(has(message(mlp_training()), "is a training run of version 1, expected 5"));
    // Another batch size, of which the caller says that it matters.
    nn::save_checkpoint(path, training);
    options.settings = {{"batch", "32"}};
    CHECK(has(message(mlp_training()), "has no batch set, expected 32 for this run; remove it to start anew"));
    options.settings = {};
    // Other pictures of the same shapes.
    auto elsewhere = mlp_training();
    nn::save_checkpoint(path, training);
    options.epochs = 2;
    CHECK_THROWS_WITH_AS((void)nn::fit(elsewhere, pictures(40, 2), nullptr, options), doctest::Contains("expected"), ct::IoError);
    CHECK(same_run(elsewhere, mlp_training()));
    CHECK(nn::fit(elsewhere, train, nullptr, options) == nn::FitEnd::finished);
}
