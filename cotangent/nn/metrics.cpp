#include "cotangent/nn/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

void check(const char* op, const Tensor& logits, const Tensor& labels) {
    if (logits.rank() != 2 || labels.shape() != Shape{logits.shape()[0]})
        throw ShapeError(fmt::format("{}: logits and labels have shapes {} and {}, expected [N, C] and [N]", op,
                                     to_string(logits.shape()), to_string(labels.shape())));
    if (is_floating(labels.dtype())) throw DtypeError(fmt::format("{}: labels are {}, expected int32 or int64", op, name(labels.dtype())));
    for (const std::int64_t label : labels.to_vector<std::int64_t>())
        if (label < 0 || label >= logits.shape()[1])
            throw ValueError(fmt::format("{}: a label is {}, expected 0 to {}", op, label, logits.shape()[1] - 1));
}

/// The share of rows whose label is among the k largest logits.
double share_of_hits(const Tensor& logits, const Tensor& labels, std::int64_t k) {
    const auto scores = logits.to_vector<double>();
    const auto truth = labels.to_vector<std::int64_t>();
    const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
    std::int64_t hits = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
        const double* row = scores.data() + r * classes;
        const std::int64_t label = truth[static_cast<std::size_t>(r)];
        std::int64_t above = 0;  // classes ranked before the label; of equal scores the lower index comes first
        for (std::int64_t c = 0; c < classes; ++c) above += row[c] > row[label] || (row[c] == row[label] && c < label) || std::isnan(row[label]);
        hits += above < k;
    }
    return rows ? static_cast<double>(hits) / static_cast<double>(rows) : 0;
}

}  // namespace

double accuracy(const Tensor& logits, const Tensor& labels) {
    check("accuracy", logits, labels);
    return share_of_hits(logits, labels, 1);
}

Metric top_k(std::int64_t k) {
    return [k](const Tensor& logits, const Tensor& labels) { return top_k_accuracy(logits, labels, k); };
}

double top_k_accuracy(const Tensor& logits, const Tensor& labels, std::int64_t k) {
    check("top_k_accuracy", logits, labels);
    if (k < 1) throw ValueError(fmt::format("top_k_accuracy: k is {}, expected at least 1", k));
    return share_of_hits(logits, labels, k);
}

Tensor confusion_matrix(const Tensor& logits, const Tensor& labels) {
    check("confusion_matrix", logits, labels);
    const std::int64_t classes = logits.shape()[1];
    Tensor counts = zeros({classes, classes}, Dtype::int64);
    const auto predictions = argmax(logits, {.axis = 1}).to_vector<std::int64_t>(), truth = labels.to_vector<std::int64_t>();
    for (std::size_t r = 0; r < truth.size(); ++r) ++counts.fresh_data<std::int64_t>()[truth[r] * classes + predictions[r]];
    return counts;
}

Interval wilson_interval(double share, std::int64_t n) {
    if (n <= 0) return {};
    constexpr double z = 1.959963984540054;
    const auto trials = static_cast<double>(n);
    const double centre = (share + z * z / (2 * trials)) / (1 + z * z / trials);
    const double half = z / (1 + z * z / trials) * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace cotangent::nn
