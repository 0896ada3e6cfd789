#pragma once
// Images [batch, channels, height, width] whose channels lie in blocks: memory [batch][channels /
// block][height][width][block]. A block of 1 is row-major; one of all channels is what others call NHWC. The kernels of
// convolutions want blocks of a register's lanes. A tensor never has blocks; what a compiled function keeps between its ops
// may.
#include <cstdint>

#include "cotangent/tensor/dtype.hpp"
#include "cotangent/tensor/kernels/onednn.hpp"
#include "cotangent/tensor/shape.hpp"

namespace cotangent::detail {

/// `block`: 1, 8, 16 or all channels, a divisor of their number.
[[nodiscard]] dnnl::memory::desc images_desc(const dnnl::memory::dims& dims, dnnl::memory::data_type type,
                                             std::int64_t block);
/// Is that where the elements are?
[[nodiscard]] bool lies_in_blocks(const dnnl::memory::desc& desc, std::int64_t block);

/// @param shape  [batch, channels, height, width]; float32 or bfloat16
void change_blocks(Dtype dtype, const Shape& shape, std::int64_t from_block, std::int64_t to_block, const void* from,
                   void* to);

}  // namespace cotangent::detail
