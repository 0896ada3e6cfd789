#include "cotangent/nn/fit.hpp"

#include <thread>

#include "cotangent/nn/detail/fit_testing.hpp"

namespace nn = ct::nn;
namespace data = ct::data;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("fit lowers the loss and learns what the pictures show") {
    const data::ImageDataset train = pictures(128), validation = pictures(64, 2);
    auto training = mlp_training();
    nn::FitOptions options{.epochs = 12, .batch_size = 16};
    std::vector<int> epochs;
    options.on_epoch = [&](const nn::EpochReport& report) { epochs.push_back(report.epoch); };
    CHECK(nn::fit(training, train, &validation, options) == nn::FitEnd::finished);
    const auto& history = training.position.history;
    REQUIRE(history.size() == 12);
    CHECK(epochs.front() == 1);
    CHECK(epochs.back() == 12);
    CHECK(history.back().train_loss < 0.5 * history.front().train_loss);
    CHECK(history.back().train_accuracy > 0.95);
    CHECK(history.back().validation_accuracy > 0.95);
    CHECK(training.position.steps == 12 * 8);
    CHECK(training.optimizer.step == 12 * 8);
    CHECK(history.back().lr == 3e-3);
    // The last report is what evaluate() says.
    const nn::Evaluation seen = nn::evaluate(training.model, training.state, validation, 10);
    CHECK(seen.accuracy == history.back().validation_accuracy);
    CHECK(seen.loss == doctest::Approx(history.back().validation_loss).epsilon(1e-6));
    CHECK(identical(seen.labels, validation.labels));
    CHECK(seen.logits.shape() == ct::Shape{64, 3});
}

TEST_CASE("fit reports the metrics it is given, and hands out the network's answers") {
    const data::ImageDataset train = pictures(48), validation = pictures(30, 2);
    auto training = mlp_training();
    nn::FitOptions options{.epochs = 2, .batch_size = 16};
    const auto errors = [](const Tensor& logits, const Tensor& labels) {
        return std::round((1 - nn::accuracy(logits, labels)) * static_cast<double>(labels.size()));
    };
    options.metrics = {nn::top_k(2), errors};
    std::vector<Tensor> confusions;
    options.on_validation = [&](const nn::EpochReport& report, const nn::Evaluation& seen) {
        REQUIRE(report.metrics.size() == 2);
        CHECK(report.metrics[0] == nn::top_k_accuracy(seen.logits, seen.labels, 2));
        CHECK(report.metrics[0] >= report.validation_accuracy);
        CHECK(report.metrics[1] == errors(seen.logits, seen.labels));
        confusions.push_back(nn::confusion_matrix(seen.logits, seen.labels));
    };
    (void)nn::fit(training, train, &validation, options);
    REQUIRE(confusions.size() == 2);
    CHECK(sum(confusions[1]).item() == 30);
    CHECK(training.position.history[1].metrics.size() == 2);
    (void)nn::fit(training, train, nullptr, {.epochs = 3, .metrics = options.metrics, .on_validation = options.on_validation});
    CHECK(training.position.history[2].metrics.empty());
    CHECK(confusions.size() == 2);
}

TEST_CASE("the same seed trains the same network bit for bit, on any number of threads, with prefetch or without") {
    const data::ImageDataset train = pictures(70), validation = pictures(20, 2);
    const auto run = [&](std::uint64_t seed, int threads, int prefetch) {
        const int before = ct::thread_count();
        ct::set_thread_count(threads);
        auto training = resnet_training<nn::Adam>(nn::AdamOptions{}, 3);
        training.seed = seed;
        nn::FitOptions options = everything();
        options.epochs = 1;
        options.batches.prefetch = prefetch;
        (void)nn::fit(training, train, &validation, options);
        ct::set_thread_count(before);
        return training;
    };
    const auto first = run(1, 1, 2);
    CHECK(same_run(run(1, 2, 0), first));
    CHECK(same_run(run(1, 4, 3), first));
    CHECK(!identical(run(2, 1, 2).model.body.stem.kernel, first.model.body.stem.kernel));
}

TEST_CASE("fit stops early when the validation loss no longer falls, and stays stopped after a resumption") {
    const data::ImageDataset train = pictures(40), validation = pictures(20, 2);
    const TemporaryFolder folder;
    auto training = mlp_training();
    nn::FitOptions options{.epochs = 50, .batch_size = 16, .schedule = nn::piecewise({{0, 1e-3}, {6, -0.05}}), .patience = 2};
    options.checkpoint = folder / "run.safetensors";
    CHECK(nn::fit(training, train, &validation, options) == nn::FitEnd::stopped_early);
    const auto& history = training.position.history;
    CHECK(history.size() == 4);  // two epochs of learning, two of unlearning
    CHECK(training.position.best_loss == history[1].validation_loss);
    CHECK(history.back().validation_loss > history[1].validation_loss);
    auto resumed = mlp_training();
    CHECK(nn::fit(resumed, train, &validation, options) == nn::FitEnd::stopped_early);
    CHECK(same_run(resumed, training));
}

TEST_CASE("a report's training figures are those of its own epoch") {
    const data::ImageDataset train = pictures(40);
    auto training = mlp_training();
    // Three steps that learn, then an epoch of standing still: its figures are those of the network as it is now.
    const nn::FitOptions options{.epochs = 2, .batch_size = 16, .schedule = nn::piecewise({{0, 0.01}, {3, 0}})};
    (void)nn::fit(training, train, nullptr, options);
    const nn::EpochReport& last = training.position.history.back();
    const nn::Evaluation seen = nn::evaluate(training.model, training.state, train, 40);
    CHECK(last.train_loss == doctest::Approx(seen.loss).epsilon(1e-6));
    CHECK(last.train_accuracy == doctest::Approx(seen.accuracy).epsilon(1e-12));
    CHECK(last.lr == 0);
    CHECK(training.position.history.front().train_loss > 1.05 * last.train_loss);
}

TEST_CASE("patience without validation data stops nothing") {
    const data::ImageDataset train = pictures(40);
    auto training = mlp_training();
    nn::FitOptions options{.epochs = 4, .batch_size = 16, .patience = 1};
    CHECK(nn::fit(training, train, nullptr, options) == nn::FitEnd::finished);
    options.epochs = 6;
    CHECK(nn::fit(training, train, nullptr, options) == nn::FitEnd::finished);
    CHECK(training.position.history.size() == 6);
    CHECK(std::isnan(training.position.history[0].validation_loss));
}

TEST_CASE("trained in bfloat16 a network stays float32 and learns as well") {
    const data::ImageDataset train = pictures(160), validation = pictures(80, 2);
    const auto run = [&](std::optional<ct::Dtype> precision) {
        auto training = resnet_training<nn::Adam>(nn::AdamOptions{.lr = 0.01});
        nn::FitOptions options{.epochs = 4, .batch_size = 16, .precision = precision};
        (void)nn::fit(training, train, &validation, options);
        for (const auto& [name, leaf] : ct::named_leaves(training)) CHECK(leaf.dtype() != ct::Dtype::bfloat16);
        return training.position.history.back();
    };
    const nn::EpochReport full = run({}), same = run(ct::Dtype::float32), half = run(ct::Dtype::bfloat16);
    CHECK(same_report(full, same));
    CHECK(half.train_loss != full.train_loss);
    CHECK(half.validation_accuracy > 0.95);
    CHECK(half.train_loss == doctest::Approx(full.train_loss).epsilon(0.25));
    auto training = mlp_training();
    CHECK_THROWS_WITH_AS((void)nn::fit(training, train, nullptr, {.precision = ct::Dtype::int32}),
                         "fit: precision is int32, expected a floating dtype", ct::DtypeError);
}

TEST_CASE("two threads that train two networks at once get what each would get alone") {
    const data::ImageDataset train = pictures(64, 1, 32);  // large enough for both to share the pool
    nn::FitOptions options = everything();
    options.epochs = 1;
    options.batch_size = 32;
    const auto run = [&](std::uint64_t seed) {
        auto training = resnet_training<nn::Adam>(nn::AdamOptions{}, seed, 16);
        (void)nn::fit(training, train, nullptr, options);
        return training;
    };
    const auto alone1 = run(1), alone2 = run(2);
    for (int repeat = 0; repeat < 2; ++repeat) {
        auto together1 = alone2, together2 = alone1;
        std::thread one([&] { together1 = run(1); }), two([&] { together2 = run(2); });
        one.join();
        two.join();
        CHECK(same_run(together1, alone1));
        CHECK(same_run(together2, alone2));
    }
}

TEST_CASE("evaluate gives the network's answers in the dataset's order, whatever the batch size") {
    const data::ImageDataset dataset = pictures(23);
    const auto training = mlp_training();
    const nn::Evaluation whole = nn::evaluate(training.model, training.state, dataset, 100);
    for (const std::int64_t size : {1, 5, 23}) check_close(nn::evaluate(training.model, training.state, dataset, size).logits, whole.logits, 1e-6);
    check_close(whole.logits, training.model(data::to_float(dataset.images)), 1e-6);
}

TEST_CASE("fit names the option that is wrong") {
    auto training = mlp_training();
    const data::ImageDataset train = pictures(8), none{ct::zeros({0, 8, 8, 1}, ct::Dtype::uint8), ct::zeros({0}, ct::Dtype::int64), {"a"}, {}};
    const auto run = [&](const data::ImageDataset& dataset, const nn::FitOptions& options) { (void)nn::fit(training, dataset, nullptr, options); };
    CHECK_THROWS_WITH_AS(run(train, {.epochs = -1}), "fit: epochs are -1, expected 0 or more", ct::ValueError);
    CHECK_THROWS_WITH_AS(run(train, {.batch_size = 0}), "fit: batch_size is 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_WITH_AS(run(none, {}), "fit: the training data is empty, expected at least one picture", ct::ValueError);
    nn::FitOptions dropping{.batch_size = 16};
    dropping.batches.drop_last = true;
    CHECK_THROWS_WITH_AS(run(train, dropping), "fit: batch_size is 16 and drop_last leaves out all 8 pictures", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::evaluate(training.model, training.state, none, 4),
                         "evaluate: the dataset is empty, expected at least one picture", ct::ValueError);
    run(train, {.epochs = 0});
    CHECK(training.position.history.empty());
}
