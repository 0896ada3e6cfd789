#pragma once
#include <cstdint>

namespace cotangent::detail {

/// Asks for a line of the cache, to read or to write. GCC 12 drops loops of __builtin_prefetch.
inline void fetch(const void* address) {
#if defined(__SSE2__)
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
    __builtin_prefetch(address);
#endif
}

/// Rows [first, last) of a matrix whose row i starts at data + i * step, `width` elements each; those that it has.
template <class T>
struct MatrixAhead {
    const T* data = nullptr;
    std::int64_t step = 0, rows = 0, width = 0;

    void fetch_rows(std::int64_t first, std::int64_t last) const {
        constexpr std::int64_t line = 64 / sizeof(T);
        for (std::int64_t i = first; i < last && i < rows; ++i)
            for (std::int64_t j = 0; j < width; j += line) fetch(data + i * step + j);
    }
};

}  // namespace cotangent::detail
