#include <cmath>
#include <iostream>

#include "classifier.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cotangent::app {
namespace {

nlohmann::json to_json(const nn::EpochReport& r) {
    const double top3 = r.metrics.empty() ? std::nan("") : r.metrics[0];
    return {{"epoch", r.epoch},
            {"train_loss", r.train_loss},
            {"train_accuracy", r.train_accuracy},
            {"validation_loss", r.validation_loss},
            {"validation_accuracy", r.validation_accuracy},
            {"validation_top3_accuracy", top3},
            {"lr", r.lr},
            {"seconds", r.seconds}};
}

}  // namespace

void print_training(const Trained& trained, const nn::Evaluation& test, std::int64_t pictures, const std::string& file,
                    bool as_json) {
    const nn::Interval interval = nn::wilson_interval(test.accuracy, pictures);
    const std::int64_t parameters = trained.classifier.parameter_count();
    if (as_json) {
        nlohmann::json history = nlohmann::json::array();
        for (const nn::EpochReport& report : trained.history) history.push_back(to_json(report));
        std::cout << nlohmann::json{{"model", file},
                                    {"parameters", parameters},
                                    {"history", history},
                                    {"test",
                                     {{"pictures", pictures},
                                      {"accuracy", test.accuracy},
                                      {"loss", test.loss},
                                      {"interval", {interval.low, interval.high}}}}}
                         .dump(2)
                  << '\n';
        return;
    }
    std::cout << fmt::format(
        "{:.1f} % of {} test pictures right (95 % interval {:.1f} to {:.1f} %)\nWrote {} ({} parameters)\n",
        100 * test.accuracy, pictures, 100 * interval.low, 100 * interval.high, file, parameters);
}

}  // namespace cotangent::app
