#pragma once
// The loop under every op that only moves elements: transpose, slice, concatenate, pad.
#include <array>
#include <cstddef>
#include <cstdint>

#include "cotangent/tensor/shape.hpp"

namespace cotangent::detail {

/// Elements, not bytes, from one index of an axis to the next.
using Strides = std::array<std::int64_t, Shape::max_rank>;

/// Row-major strides of `shape`.
[[nodiscard]] Strides dense_strides(const Shape& shape);

/// to[index . to_strides] = from[index . from_strides] for every index of `shape`. Source strides may be zero or
/// negative; the places written must differ. Threads share big copies.
void strided_copy(const Shape& shape, std::size_t element_size, std::byte* to, const Strides& to_strides,
                  const std::byte* from, const Strides& from_strides);

}  // namespace cotangent::detail
