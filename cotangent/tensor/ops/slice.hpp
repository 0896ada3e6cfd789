#pragma once
// Parts of a tensor along its axes.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// start:stop:step of one axis, with Python's rules: negative counts from the end, what lies outside is clamped, and
/// an open end is the end that the step comes from or goes to.
struct Slice {
    std::optional<std::int64_t> start = {};
    std::optional<std::int64_t> stop = {};
    std::int64_t step = 1;
};

/// x[slices[0], slices[1], ...]; axes beyond the slices are whole. `slice(x, {{.start = 1, .stop = 3}, {.step = -1}})`.
/// A part that is contiguous, such as x[2:5], shares x's memory until one of them is written.
/// @throws ShapeError  more slices than axes    @throws ValueError  a step is 0
[[nodiscard]] Tensor slice(const Tensor& x, std::span<const Slice> slices);
[[nodiscard]] Tensor slice(const Tensor& x, std::initializer_list<Slice> slices);
/// Indices [first, last) of one axis. Negative ones count from the end.
[[nodiscard]] Tensor slice_axis(const Tensor& x, int axis, std::int64_t first, std::int64_t last);
/// x[i]: the part at one index of the first axis, which is dropped. Shares x's memory.
/// @throws ShapeError  x is a scalar    @throws ValueError  i is outside [-length, length)
[[nodiscard]] Tensor row(const Tensor& x, std::int64_t i);
/// The axes run backwards. @throws ShapeError  an axis outside the rank
[[nodiscard]] Tensor flip(const Tensor& x, std::span<const int> axes);
[[nodiscard]] Tensor flip(const Tensor& x, std::initializer_list<int> axes);

}  // namespace cotangent
