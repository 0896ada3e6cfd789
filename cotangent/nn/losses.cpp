#include "cotangent/nn/losses.hpp"

#include "cotangent/nn/detail/check_same_shape.hpp"
#include "cotangent/tensor/map.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

Tensor mean_squared_error(const Tensor& predictions, const Tensor& targets) {
    check_same_shape("mean_squared_error", predictions, targets);
    if (predictions.dtype() == Dtype::bfloat16) return mean_squared_error(cast(predictions, Dtype::float32), cast(targets, Dtype::float32));
    return mean(square(predictions - targets));
}

Tensor huber(const Tensor& predictions, const Tensor& targets, double delta) {
    check_same_shape("huber", predictions, targets);
    if (predictions.dtype() == Dtype::bfloat16) return huber(cast(predictions, Dtype::float32), cast(targets, Dtype::float32), delta);
    if (!(delta > 0)) throw ValueError(fmt::format("huber: delta is {}, expected more than 0", delta));
    return mean(map(
        [delta](auto p, auto t) {
            const auto d = p - t;
            const auto size = abs(d);
            return select(size <= delta, 0.5 * d * d, delta * (size - 0.5 * delta));
        },
        predictions, targets));
}

}  // namespace cotangent::nn
