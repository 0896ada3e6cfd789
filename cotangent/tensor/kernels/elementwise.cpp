#include "cotangent/tensor/kernels/elementwise.hpp"

#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "cotangent/tensor/bfloat16_lanes.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

std::array<std::int64_t, Shape::max_rank> broadcast_strides(const Shape& input, const Shape& output) {
    std::array<std::int64_t, Shape::max_rank> strides{};
    std::int64_t stride = 1;
    for (int axis = input.rank() - 1, at = output.rank() - 1; axis >= 0; --axis, --at) {
        strides[at] = input[axis] == 1 ? 0 : stride;
        stride *= input[axis];
    }
    return strides;
}

void widen(const BFloat16* from, float* to, std::int64_t count) {
    std::int64_t k = 0;
    for (; k + Lanes<float>::count <= count; k += Lanes<float>::count) load_lanes(from + k).store(to + k);
    for (; k < count; ++k) to[k] = static_cast<float>(from[k]);
}

void narrow(const float* from, BFloat16* to, std::int64_t count) {
    std::int64_t k = 0;
    for (; k + Lanes<float>::count <= count; k += Lanes<float>::count) store_lanes(load_lanes(from + k), to + k);
    for (; k < count; ++k) to[k] = BFloat16(from[k]);
}

void stream_to(void* to, const void* from, std::size_t bytes) {
#if defined(__SSE2__)
    auto* out = static_cast<std::byte*>(to);
    const auto* in = static_cast<const std::byte*>(from);
    const std::size_t head = std::min(bytes, (64 - reinterpret_cast<std::uintptr_t>(out) % 64) % 64);
    std::memcpy(out, in, head);
    std::size_t at = head;
    for (; at + 64 <= bytes; at += 64)  // whole lines
        for (std::size_t part = 0; part < 64; part += 16)
            _mm_stream_si128(reinterpret_cast<__m128i*>(out + at + part),
                             _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + at + part)));
    std::memcpy(out + at, in + at, bytes - at);
    _mm_sfence();
#else
    std::memcpy(to, from, bytes);
#endif
}

void throw_dtype(const char* op, Dtype seen, const char* expected) {
    throw DtypeError(fmt::format("{}: dtype is {}, expected {}", op, name(seen), expected));
}

void throw_dtypes(const char* op, Dtype a, Dtype b) {
    throw DtypeError(fmt::format("{}: dtypes are {} and {}, expected the same; use cast()", op, name(a), name(b)));
}

Tensor to_float32(const Tensor& x) {
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::float32);
    parallel_for(x.size(), elementwise_grain, [from = x.data<BFloat16>(), to = out.fresh_data<float>()](auto first, auto last) {
        widen(from + first, to + first, last - first);
    });
    return out;
}

Tensor to_bfloat16(const Tensor& x) {
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::bfloat16);
    parallel_for(x.size(), elementwise_grain, [from = x.data<float>(), to = out.fresh_data<BFloat16>()](auto first, auto last) {
        narrow(from + first, to + first, last - first);
    });
    return out;
}

}  // namespace cotangent::detail
