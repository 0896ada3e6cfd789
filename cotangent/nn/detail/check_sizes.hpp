#pragma once
#include <initializer_list>
#include <utility>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>

namespace cotangent::nn {

/// @throws ValueError  one of a layer's sizes is not at least 1: often one that was forgotten
inline void check_sizes(const char* layer, std::initializer_list<std::pair<const char*, std::int64_t>> sizes) {
    for (const auto& [name, size] : sizes)
        if (size < 1) throw ValueError(fmt::format("{}: {} = {}, expected at least 1", layer, name, size));
}

}  // namespace cotangent::nn
