#pragma once
#include "classifier.hpp"
#include "datasets.hpp"

#include <nlohmann/json_fwd.hpp>

namespace cotangent::app {

/// The chapter `learn` of the tour's report (apps/studio/src/report.ts): the data, the network, how it learned, how good
/// it is on the test pictures, and where it fails.
[[nodiscard]] nlohmann::json learn_chapter(const Source& source, const Trained& trained, const nn::Evaluation& test,
                                           const TrainOptions& options);

}  // namespace cotangent::app
