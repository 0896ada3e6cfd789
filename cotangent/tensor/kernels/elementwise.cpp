#include "cotangent/tensor/kernels/elementwise.hpp"

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
