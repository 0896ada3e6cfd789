#include "cotangent/nn/fit.hpp"

#include <filesystem>

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::nn::detail {
namespace {

using nlohmann::json;

// JSON has neither NaN nor infinities, and a run that diverges has both.
json number(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;
}
double number_from(const json& value) { return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>(); }

}  // namespace

std::string encode(const FitRecord& record) {
    const FitPosition& position = record.position;
    json history = json::array();
    for (const EpochReport& r : position.history) {
        json metrics = json::array();
        for (const double metric : r.metrics) metrics.push_back(number(metric));
        history.push_back({r.epoch, number(r.train_loss), number(r.train_accuracy), number(r.validation_loss),
                           number(r.validation_accuracy), number(r.lr), r.seconds, metrics});
    }
    return json{{"version", 5}, {"seed", record.seed}, {"optimizer_steps", record.optimizer_steps}, {"lr", number(record.lr)}, {"epoch", position.epoch}, {"step", position.step}, {"steps", position.steps},
                {"loss_sum", number(position.loss_sum)}, {"correct", position.correct}, {"seen", position.seen},
                {"best_loss", number(position.best_loss)}, {"epochs_since_best", position.epochs_since_best}, {"data", position.data}, {"settings", position.settings}, {"history", history}}
        .dump(-1, ' ', false, json::error_handler_t::replace);  // settings may be any text
}

FitRecord decode(const std::string& text, const std::string& path) try {
    const json value = json::parse(text);
    if (value.at("version") != 5)
        throw IoError(fmt::format("{}: is a training run of version {}, expected 5; remove it to start anew", path, value.at("version").dump()));
    FitPosition position{value.at("epoch"), value.at("step"), value.at("steps"), number_from(value.at("loss_sum")), value.at("correct"),
                         value.at("seen"), number_from(value.at("best_loss")), value.at("epochs_since_best"), value.at("data"), value.at("settings"), {}};
    for (const json& r : value.at("history")) {
        position.history.push_back({r.at(0), number_from(r.at(1)), number_from(r.at(2)), number_from(r.at(3)),
                                    number_from(r.at(4)), number_from(r.at(5)), r.at(6)});
        for (const json& metric : r.at(7)) position.history.back().metrics.push_back(number_from(metric));
    }
    return {std::move(position), value.at("seed"), value.at("optimizer_steps"), number_from(value.at("lr"))};
} catch (const std::logic_error& error) {  // a number that does not read
    throw IoError(fmt::format("{}: its training run does not read: {}", path, error.what()));
} catch (const json::exception& error) {
    throw IoError(fmt::format("{}: its training run does not read: {}", path, error.what()));
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

void check_same_run(const FitPosition& seen, const FitPosition& expected, const std::string& path) {
    auto names = seen.settings;
    names.insert(expected.settings.begin(), expected.settings.end());
    for (const auto& [name, unused] : names) {
        const auto found = seen.settings.find(name), wanted = expected.settings.find(name);
        const bool has = found != seen.settings.end(), wants = wanted != expected.settings.end();
        if (has && wants && found->second == wanted->second) continue;
        throw IoError(fmt::format("{}: has {} {}, expected {} for this run; remove it to start anew", path, has ? name : "no " + name,
                                  has ? found->second : "set", wants ? wanted->second : "none"));
    }
    if (seen.data != expected.data)
        throw IoError(fmt::format("{}: has data with fingerprint {:016x}, expected {:016x} for this run's training data; remove it to "
                                  "start anew",
                                  path, seen.data, expected.data));
}

Rng epoch_rng(std::uint64_t seed, int epoch, std::uint64_t purpose) {
    return Rng(seed).fork(static_cast<std::uint64_t>(epoch) * 2 + purpose);
}

std::string note_of(const FitPosition& position) {
    return fmt::format("loss {:.4f}  accuracy {:.1f} %", position.loss_sum / position.seen, 100 * position.correct / position.seen);
}

void check_fit(const FitOptions& options, const data::ImageDataset& train) {
    data::check(train);
    if (options.epochs < 0) throw ValueError(fmt::format("fit: epochs are {}, expected 0 or more", options.epochs));
    if (options.batch_size < 1) throw ValueError(fmt::format("fit: batch_size is {}, expected at least 1", options.batch_size));
    if (options.precision && !is_floating(*options.precision))
        throw DtypeError(fmt::format("fit: precision is {}, expected a floating dtype", name(*options.precision)));
    if (train.size() < 1) throw ValueError("fit: the training data is empty, expected at least one picture");
    if (options.batches.drop_last && train.size() < options.batch_size)
        throw ValueError(fmt::format("fit: batch_size is {} and drop_last leaves out all {} pictures", options.batch_size, train.size()));
}

}  // namespace cotangent::nn::detail
