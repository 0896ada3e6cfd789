#include "cotangent/nn/losses.hpp"

#include "cotangent/nn/detail/check_same_shape.hpp"
#include "cotangent/tensor/composed.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

using detail::Call, detail::Keep, detail::record;

/// The rows' softmax, the labels and the smoothing are all that the gradient needs: (softmax - target) / rows.
struct IndexCrossEntropy {
    static constexpr const char* name = "cross_entropy";
    static constexpr Keep keep = Keep::inputs;
    Tensor labels;         // [rows] int64
    Tensor probabilities;  // [rows, classes]
    double smoothing;

    void vjp(const Call& call) const {
        if (detail::is_recording()) return detail::composed_vjp(call, composition());
        const auto run = [smoothing = smoothing](const Tensor& softmax, const Tensor& hits, const Tensor& weight) {
            return gradient_of(softmax, hits, weight, smoothing);
        };
        call.give(0, detail::traced("cross_entropy_gradient", run, probabilities, labels, call.cotangent()));
    }
    [[nodiscard]] std::vector<Tensor> jvp(const Call& call) const { return detail::composed_jvp(call, composition()); }

    static Tensor gradient_of(const Tensor& probabilities, const Tensor& labels, const Tensor& cotangent, double smoothing) {
        Tensor gradient = probabilities;
        const std::int64_t rows = gradient.shape()[0], classes = gradient.shape()[1];
        const double weight = cotangent.item() / static_cast<double>(rows);
        const auto run = [&]<class T>(T) {
            T* out = gradient.mutable_values<T>().data();
            const auto scale = static_cast<T>(weight), spread = static_cast<T>(smoothing / static_cast<double>(classes));
            const auto hit = static_cast<T>(1 - smoothing);
            for (std::int64_t r = 0; r < rows; ++r, out += classes) {
                out[labels.data<std::int64_t>()[r]] -= hit;
                for (std::int64_t c = 0; c < classes; ++c) out[c] = (out[c] - spread) * scale;
            }
        };
        dispatch_float(gradient.dtype(), run);
        return gradient;
    }

    [[nodiscard]] detail::Composition composition() const {
        return [labels = labels, smoothing = smoothing](std::span<const Tensor> in) {
            const std::int64_t classes = in[0].shape()[1];
            const Tensor target = one_hot(labels, classes, in[0].dtype()) * (1 - smoothing) + smoothing / static_cast<double>(classes);
            return std::vector{-mean(sum(log_softmax(in[0]) * target, {.axes = {1}}))};
        };
    }
};

Tensor from_indices(const Tensor& logits, const Tensor& labels, double smoothing) {
    const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t label = labels.data<std::int64_t>()[r];
        if (label < 0 || label >= classes)
            throw ValueError(fmt::format("cross_entropy: labels[{}] is {}, expected 0 to {} for logits {}", r, label, classes - 1,
                                         to_string(logits.shape())));
    }
    const detail::PauseRecording pause;
    const Tensor log_probabilities = log_softmax(logits.detached());
    double total = 0;
    const auto run = [&]<class T>(T) {
        const T* row = log_probabilities.data<T>();
        for (std::int64_t r = 0; r < rows; ++r, row += classes) {
            total -= (1 - smoothing) * static_cast<double>(row[labels.data<std::int64_t>()[r]]);
            if (smoothing == 0) continue;
            double sum = 0;
            for (std::int64_t c = 0; c < classes; ++c) sum += static_cast<double>(row[c]);
            total -= smoothing / static_cast<double>(classes) * sum;
        }
    };
    dispatch_float(logits.dtype(), run);
    return full({}, total / static_cast<double>(rows), logits.dtype());
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, CrossEntropyOptions options) {
    if (logits.dtype() == Dtype::bfloat16)
        return cross_entropy(cast(logits, Dtype::float32), labels.dtype() == Dtype::bfloat16 ? cast(labels, Dtype::float32) : labels, options);
    if (logits.rank() < 1 || logits.is_empty())
        throw ShapeError(fmt::format("cross_entropy: logits have shape {}, expected [..., classes]", to_string(logits.shape())));
    if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
        throw ValueError(fmt::format("cross_entropy: label_smoothing is {}, expected 0 to 1", options.label_smoothing));
    const std::int64_t classes = logits.shape().back();
    const Tensor rows = reshape(logits, {-1, classes});
    if (is_floating(labels.dtype())) {
        check_same_shape("cross_entropy", logits, labels);
        const Tensor target = reshape(labels, rows.shape()) * (1 - options.label_smoothing) + options.label_smoothing / static_cast<double>(classes);
        return -mean(sum(log_softmax(rows) * target, {.axes = {1}}));
    }
    Shape wanted = logits.shape();
    wanted.erase(wanted.rank() - 1);
    if (labels.shape() != wanted)
        throw ShapeError(fmt::format("cross_entropy: labels have shape {}, expected {} for logits {}", to_string(labels.shape()),
                                     to_string(wanted), to_string(logits.shape())));
    const Tensor indices = cast(reshape(labels, {-1}), Dtype::int64);
    const auto run = [smoothing = options.label_smoothing](const Tensor& x, const Tensor& at) { return from_indices(x, at, smoothing); };
    Tensor value = detail::traced({"cross_entropy", 5.0 * static_cast<double>(rows.size())}, run, rows, indices);
    if (!detail::is_remembered(rows)) return value;
    Tensor probabilities;
    {
        const detail::PauseRecording pause;
        probabilities = softmax(rows.detached());
    }
    return record(IndexCrossEntropy{indices, probabilities, options.label_smoothing}, std::move(value), rows);
}

}  // namespace cotangent::nn
