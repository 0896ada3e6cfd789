#pragma once
#include <vector>

#include "cotangent/nn/dense.hpp"
#include "cotangent/nn/pass.hpp"

namespace cotangent::nn {

/// Dense layers with ReLU between them, over flattened pictures.
struct Mlp {
    std::vector<Dense> layers;

    /// @param widths  inputs, hidden widths, classes: {784, 128, 10}
    /// @throws ValueError  fewer than two
    [[nodiscard]] static Mlp init(Rng& rng, const std::vector<std::int64_t>& widths);
    /// @param x  [N, ...] with widths[0] elements each
    /// @return   [N, classes]
    [[nodiscard]] Tensor operator()(const Tensor& x) const;
    [[nodiscard]] Tensor operator()(const Tensor& x, NoState&, Pass&) const { return (*this)(x); }
};

}  // namespace cotangent::nn
