#pragma once
// The rules of an op by running it again: a function written in other ops, run on aliases of the inputs and differentiated
// with their rules. A fused op uses them where its own kernel has no rule (forward, and when its derivative is
// differentiated again), a map from its third order on, a checkpoint always.
#include <functional>
#include <span>

#include "cotangent/tensor/record.hpp"

namespace cotangent::detail {

using Composition = std::function<std::vector<Tensor>(std::span<const Tensor> inputs)>;
void composed_vjp(const Call& call, const Composition& f);
[[nodiscard]] std::vector<Tensor> composed_jvp(const Call& call, const Composition& f);

}  // namespace cotangent::detail
