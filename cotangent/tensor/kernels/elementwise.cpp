#include "cotangent/tensor/kernels/elementwise.hpp"

#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

void check_same_dtype(const char* op, Dtype a, Dtype b) {
    if (a != b) throw DtypeError(fmt::format("{}: dtypes are {} and {}, expected the same; use cast()", op, name(a), name(b)));
}

Tensor to_float32(const Tensor& x) {
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::float32);
    elementwise_scalars([](BFloat16 v) { return static_cast<float>(v); }, x.shape(), out.fresh_data<float>(), {&x.shape()},
                        x.data<BFloat16>());
    return out;
}

Tensor to_bfloat16(const Tensor& x) {
    Tensor out = Tensor::uninitialized(x.shape(), Dtype::bfloat16);
    elementwise_scalars([](float v) { return BFloat16(v); }, x.shape(), out.fresh_data<BFloat16>(), {&x.shape()}, x.data<float>());
    return out;
}

Tensor literal_like(const Tensor& x, double value) {
    Tensor out = Tensor::uninitialized({}, x.dtype());
    dispatch(x.dtype(), [&]<class T>(T) {
        if constexpr (std::is_same_v<T, BFloat16>) *out.fresh_data<T>() = BFloat16(static_cast<float>(value));
        else *out.fresh_data<T>() = static_cast<T>(value);
    });
    return out;
}

}  // namespace cotangent::detail
