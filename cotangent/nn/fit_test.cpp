#include "cotangent/nn/fit.hpp"

#include <fstream>
#include <iterator>
#include <thread>

#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/dropout.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/sgd.hpp"

namespace nn = ct::nn;
namespace data = ct::data;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

/// Pictures of three kinds: bright on the left, bright at the top, and neither; with noise.
data::ImageDataset pictures(std::int64_t count, std::uint64_t seed = 1, std::int64_t side = 8) {
    ct::Rng rng(seed);
    const Tensor noise = ct::integers(rng, {count, side, side, 1}, 0, 80, ct::Dtype::uint8);
    Tensor images = noise, labels = ct::integers(rng, {count}, 0, 3);
    for (std::int64_t k = 0; k < count; ++k)
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x) {
                const std::int64_t label = labels.values<std::int64_t>()[static_cast<std::size_t>(k)];
                if ((label == 0 && x < side / 2) || (label == 1 && y < side / 2))
                    images.mutable_values<std::uint8_t>()[static_cast<std::size_t>((k * side + y) * side + x)] += 150;
            }
    return {images, labels, {"left", "top", "neither"}, {}};
}

/// A ResNet with dropout before its head, so that a run has everything that must come back after an interruption.
struct Net {
    nn::ResNet body;
    Tensor operator()(const Tensor& images, nn::ResNet::State& state, nn::Pass& pass) const {
        return body(nn::dropout(images, 0.1, pass), state, pass);
    }
};

template <template <class> class Optimizer, class Options>
auto resnet_training(const Options& options, std::uint64_t seed = 3, std::int64_t width = 4) {
    ct::Rng rng(seed);
    const Net net{nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = width, .classes = 3})};
    return nn::start_training(net, net.body.initial_state(), Optimizer<Net>::init(net, options), seed);
}
auto mlp_training(std::uint64_t seed = 3) {
    ct::Rng rng(seed);
    const nn::Mlp net = nn::Mlp::init(rng, {64, 16, 3});
    return nn::start_training(net, nn::NoState{}, nn::Adam<nn::Mlp>::init(net, {.lr = 3e-3}), seed);
}

/// Shuffling, augmentation, a schedule and clipping; 5 steps an epoch, the last on fewer pictures.
nn::FitOptions everything() {
    nn::FitOptions options;
    options.epochs = 3;
    options.batch_size = 16;
    options.schedule = nn::warm_up(2, nn::cosine(0.01, 12));
    options.clip_norm = 1;
    options.label_smoothing = 0.1;
    options.batches.augment = [](const Tensor& images, ct::Rng& rng) { return data::random_crop(images, rng, {.padding = 1}); };
    return options;
}

/// Two reports, but for the time they took.
bool same_report(const nn::EpochReport& a, const nn::EpochReport& b) {
    const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    return a.epoch == b.epoch && same(a.train_loss, b.train_loss) && same(a.train_accuracy, b.train_accuracy) &&
           same(a.validation_loss, b.validation_loss) && same(a.validation_accuracy, b.validation_accuracy) && same(a.lr, b.lr);
}
template <class Training>
bool same_run(const Training& a, const Training& b) {
    bool step_same = true;
    if constexpr (requires { a.optimizer.step; }) step_same = a.optimizer.step == b.optimizer.step;
    return identical_trees(a, b) && a.seed == b.seed && step_same && a.position.epoch == b.position.epoch &&
           a.position.step == b.position.step && a.position.steps == b.position.steps && a.position.loss_sum == b.position.loss_sum &&
           a.position.best_loss == b.position.best_loss && a.position.epochs_since_best == b.position.epochs_since_best &&
           std::equal(a.position.history.begin(), a.position.history.end(), b.position.history.begin(), b.position.history.end(), same_report);
}

}  // namespace

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
    for (const char* run : {"", "{", "[]", "{}", R"({"version": 1})", R"({"version": 2, "seed": "x"})"}) {
        CAPTURE(run);
        ct::save(path, training, {{"fit", run}});
        CHECK(!message(mlp_training()).empty());
    }
    ct::save(path, training, {{"fit", R"({"version": 1})"}});
    CHECK(has(message(mlp_training()), "is a training run of version 1, expected 2"));
    // Other pictures of the same shapes.
    auto elsewhere = mlp_training();
    nn::save_checkpoint(path, training);
    options.epochs = 2;
    CHECK_THROWS_WITH_AS((void)nn::fit(elsewhere, pictures(40, 2), nullptr, options), doctest::Contains("expected"), ct::IoError);
    CHECK(same_run(elsewhere, mlp_training()));
    CHECK(nn::fit(elsewhere, train, nullptr, options) == nn::FitEnd::finished);
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

TEST_CASE("after its second step a training step asks the system for no memory, on 1, 2 and 4 threads") {
    const int threads = ct::thread_count();
    const auto check = [](const char* what, auto net, auto state, auto optimizer, const Tensor& images, bool training) {
        CAPTURE(std::string(what));
        const Tensor labels = ct::zeros({images.length(0)}, ct::Dtype::int64);
        const auto loss = [&](const auto& model, auto& seen, nn::Pass& pass) {
            return nn::cross_entropy(model(images, seen, pass), labels);
        };
        const auto step_function = ct::value_and_grad(loss);
        const auto step = [&] {
            nn::Pass pass{.training = training, .rng = ct::Rng(1)};
            auto [value, gradient] = step_function(net, state, pass);
            (void)nn::clip_by_global_norm(gradient, 1);
            optimizer.update(net, gradient);
        };
        for (const int count : {1, 2, 4}) {
            CAPTURE(count);
            ct::set_thread_count(count);
            step();
            step();
            const auto before = ct::memory_counters().system_allocations;
            for (int k = 0; k < 20; ++k) step();
            CHECK(ct::memory_counters().system_allocations == before);
        }
    };
    ct::Rng rng(1);
    const Tensor images = ct::normal(rng, {64, 1, 28, 28});
    const nn::Mlp mlp = nn::Mlp::init(rng, {784, 64, 10});
    check("mlp", mlp, nn::NoState{}, nn::Adam<nn::Mlp>::init(mlp, {}), images, true);
    const nn::LeNet5 lenet = nn::LeNet5::init(rng);
    check("lenet5", lenet, nn::NoState{}, nn::Sgd<nn::LeNet5>::init(lenet, {.momentum = 0.9}), images, true);
    const nn::ResNet resnet = nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = 8});
    check("resnet", resnet, resnet.initial_state(), nn::RmsProp<nn::ResNet>::init(resnet, {}), images, true);
    ct::set_thread_count(threads);
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
