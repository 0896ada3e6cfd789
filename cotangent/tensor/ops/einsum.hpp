#pragma once
#include <string_view>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Einstein's sum over one or two operands: `einsum("bij,bjk->bik", a, b)`. Each letter names an axis; letters that are not
/// in the result are summed over. Without `->` the result has the letters that occur once, in alphabetic order. Runs as
/// one matmul after transposes.
/// @throws ShapeError  a letter stands for two lengths, or an operand has another number of axes than letters
/// @throws ValueError  the specification cannot be read: a letter twice in one operand, or one of the result that no operand has
[[nodiscard]] Tensor einsum(std::string_view specification, const Tensor& a);
[[nodiscard]] Tensor einsum(std::string_view specification, const Tensor& a, const Tensor& b);

}  // namespace cotangent
