#include "cotangent/tensor/ops/compare.hpp"

#include <cmath>
#include <functional>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"

namespace cotangent {
namespace {

/// The dtypes that have a loop of their own; the others widen exactly to one of them.
Tensor comparable(const Tensor& x) {
    if (x.dtype() == Dtype::bfloat16) return cast(x.detached(), Dtype::float32);
    if (x.dtype() == Dtype::uint8 || x.dtype() == Dtype::boolean) return cast(x, Dtype::int32);
    return x;
}

template <class F>
Tensor compare(const char* op, const F& f, const Tensor& a, const Tensor& b) {
    detail::check_same_dtype(op, a.dtype(), b.dtype());
    const Shape shape = broadcast(op, a.shape(), b.shape());
    const Tensor x = comparable(a), y = comparable(b);
    const auto run = [&]<class T>(T) {
        return detail::elementwise_mixed<bool, T, T>(op, f, shape, Dtype::boolean, x, y);
    };
    switch (x.dtype()) {
        case Dtype::float32: return run(float{});
        case Dtype::float64: return run(double{});
        case Dtype::int32: return run(std::int32_t{});
        default: return run(std::int64_t{});
    }
}

/// -1, 0 or 1 as v is less than, equal to or greater than the number; NaN where it is NaN.
double order(std::int64_t v, double number) {
    if (std::isnan(number)) return number;
    if (number >= 0x1p63) return -1;
    if (number < -0x1p63) return 1;
    const double whole = std::floor(number);
    const auto bound = static_cast<std::int64_t>(whole);
    if (v != bound) return v < bound ? -1 : 1;
    return number > whole ? -1 : 0;
}

// Floats compare with the number rounded to their dtype, so that `x >= 0.1` holds for what full(shape, 0.1) made; integers
// with the number itself, to the last bit.
template <class F>
Tensor compare(const char* op, const F& f, const Tensor& a, double number) {
    if (a.dtype() == Dtype::int64)
        return detail::elementwise_mixed<bool, std::int64_t>(
            op, [f, number](std::int64_t v) { return f(order(v, number), 0.0); }, a.shape(), Dtype::boolean, a);
    const Tensor literal = is_floating(a.dtype()) ? full({}, number, a.dtype()) : full({}, number, Dtype::float64);
    const Tensor x = comparable(is_floating(a.dtype()) ? a : cast(a, Dtype::float64)), y = comparable(literal);
    const auto run = [&]<class T>(T) {
        return detail::elementwise_mixed<bool, T>(
            op, [f, bound = y.data<T>()[0]](T v) { return f(v, bound); }, a.shape(), Dtype::boolean, x);
    };
    return dispatch_float(x.dtype(), run);
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
