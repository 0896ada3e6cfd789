#include "cotangent/tensor/ops/compare.hpp"

#include <functional>

#include "cotangent/tensor/kernels/elementwise.hpp"

namespace cotangent {
namespace {

/// bfloat16 is compared as float, to which it widens exactly.
template <class T>
auto comparable(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return static_cast<float>(value);
    else return value;
}

template <class F>
Tensor compare(const char* op, const F& f, const Tensor& a, const Tensor& b) {
    detail::check_same_dtype(op, a.dtype(), b.dtype());
    const Shape shape = broadcast(op, a.shape(), b.shape());
    Tensor out = Tensor::uninitialized(shape, Dtype::boolean);
    dispatch(a.dtype(), [&]<class T>(T) {
        detail::elementwise_scalars([&](T x, T y) { return f(comparable(x), comparable(y)); }, shape, out.fresh_data<bool>(),
                                    {&a.shape(), &b.shape()}, a.data<T>(), b.data<T>());
    });
    return out;
}

// Floats compare with the number rounded to their dtype, so that `x >= 0.1` holds for what full(shape, 0.1) made.
template <class F>
Tensor compare(const char*, const F& f, const Tensor& a, double number) {
    Tensor out = Tensor::uninitialized(a.shape(), Dtype::boolean);
    dispatch(a.dtype(), [&]<class T>(T) {
        using Wide = std::conditional_t<std::is_same_v<T, float> || std::is_same_v<T, BFloat16>, float, double>;
        Wide bound = static_cast<Wide>(number);
        if constexpr (std::is_same_v<T, BFloat16>) bound = static_cast<float>(BFloat16(bound));
        detail::elementwise_scalars([&f, bound](T x) { return f(static_cast<Wide>(x), bound); }, a.shape(),
                                    out.fresh_data<bool>(), {&a.shape()}, a.data<T>());
    });
    return out;
}

}  // namespace

Tensor equal(const Tensor& a, const Tensor& b) { return compare("equal", std::equal_to<>{}, a, b); }
Tensor equal(const Tensor& a, double b) { return compare("equal", std::equal_to<>{}, a, b); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return compare("not_equal", std::not_equal_to<>{}, a, b); }
Tensor not_equal(const Tensor& a, double b) { return compare("not_equal", std::not_equal_to<>{}, a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return compare("less", std::less<>{}, a, b); }
Tensor less(const Tensor& a, double b) { return compare("less", std::less<>{}, a, b); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return compare("less_equal", std::less_equal<>{}, a, b); }
Tensor less_equal(const Tensor& a, double b) { return compare("less_equal", std::less_equal<>{}, a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return compare("greater", std::less<>{}, b, a); }
Tensor greater(const Tensor& a, double b) { return compare("greater", std::greater<>{}, a, b); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return compare("greater_equal", std::less_equal<>{}, b, a); }
Tensor greater_equal(const Tensor& a, double b) { return compare("greater_equal", std::greater_equal<>{}, a, b); }

}  // namespace cotangent
