#pragma once
#include <cstddef>

namespace cotangent::gradbench {

/// Bytes of memory that this process has now.  @source  VmRSS in proc(5)
[[nodiscard]] std::size_t resident_bytes();
/// The most that it had since the last reset_peak().  @source  VmHWM
[[nodiscard]] std::size_t peak_bytes();
/// Gives free memory back to the system first.
void reset_peak();

}  // namespace cotangent::gradbench
