#include "cotangent/nn/clip.hpp"

#include <cmath>

#include <fmt/format.h>

#include "cotangent/tensor/ops/creation.hpp"

namespace cotangent::nn::detail {

void check_limit(const char* op, double limit) {
    if (!(limit > 0)) throw ValueError(fmt::format("{}: limit is {}, expected above 0", op, limit));
}

Tensor norm_of(std::span<const Tensor* const> leaves, double more) {
    const auto norm = [more](const auto& tensors, const auto& at) {
        double total = more;
        for (const auto& leaf : tensors) total += cotangent::detail::dot_of(at(leaf), at(leaf));
        return full({}, std::sqrt(total), Dtype::float64);
    };
    if (!cotangent::detail::is_tracing()) return norm(leaves, [](const Tensor* leaf) -> const Tensor& { return *leaf; });
    cotangent::detail::Operation operation;
    operation.name = "norm";
    operation.run = [norm](std::span<const Tensor> in, std::span<Tensor> out) {
        out[0] = norm(in, [](const Tensor& leaf) -> const Tensor& { return leaf; });
    };
    Tensor out;
    cotangent::detail::trace_call(std::move(operation), leaves, {&out, 1});
    return out;
}

}  // namespace cotangent::nn::detail
