#pragma once
#include <cstddef>
#include <span>

#include "cotangent/data/npy.hpp"

namespace cotangent::data::detail {

/// The entries of a zip archive, each decoded, under their names without .npy. @throws IoError  the reason alone
[[nodiscard]] NamedArrays decode_zip(std::span<const std::byte> bytes, Tensor (*decode)(std::span<const std::byte>));

}  // namespace cotangent::data::detail
