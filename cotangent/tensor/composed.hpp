#pragma once
// The rules of a fused op by way of its composition: the same function written in other ops, differentiated with their
// rules. A fused op uses them where its own kernel has no rule: forward, and when its derivative is differentiated again.
#include <functional>
#include <span>

#include "cotangent/tensor/record.hpp"

namespace cotangent::detail {

using Composition = std::function<Tensor(std::span<const Tensor> inputs)>;
void composed_vjp(const Call& call, const Composition& f);
[[nodiscard]] Tensor composed_jvp(const Call& call, const Composition& f);

}  // namespace cotangent::detail
