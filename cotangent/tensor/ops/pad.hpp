#pragma once
// Tensors made larger: by a border, or by repetition.
#include <cstdint>
#include <initializer_list>
#include <span>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// How much an axis grows at its two ends.
struct Border {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

/// x inside a border of `value`; axes beyond the borders given stay as they are. `pad(x, {{}, {1, 2}})`.
/// @throws ShapeError  more borders than axes    @throws ValueError  a negative width
[[nodiscard]] Tensor pad(const Tensor& x, std::span<const Border> borders, double value = 0);
[[nodiscard]] Tensor pad(const Tensor& x, std::initializer_list<Border> borders, double value = 0);
/// The whole of x, counts[k] times along axis k, as numpy.tile: the shorter of counts and shape is filled with 1 in front.
/// @throws ValueError  a negative count
[[nodiscard]] Tensor tile(const Tensor& x, std::span<const std::int64_t> counts);
[[nodiscard]] Tensor tile(const Tensor& x, std::initializer_list<std::int64_t> counts);
/// Each element `count` times along an axis, as numpy.repeat. @throws ValueError  a negative count
[[nodiscard]] Tensor repeat(const Tensor& x, std::int64_t count, int axis);

}  // namespace cotangent
