#include "cotangent/tensor/ops/cumsum.hpp"

#include <algorithm>
#include <array>

#include "cotangent/tensor/kernels/axis_view.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Cumsum {
    static constexpr const char* name = "cumsum";
    static constexpr Keep keep = Keep::nothing;
    CumsumOptions options;
    void vjp(const Call& call) const {
        CumsumOptions back = options;
        back.reverse = !back.reverse;
        call.give(0, cumsum(call.cotangent(), back));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const { return cumsum(call.tangent(0), options); }
};

template <class A, class T>
A widen(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return static_cast<A>(static_cast<float>(value));
    else return static_cast<A>(value);
}
template <class To, class A>
To narrow(A value) {
    if constexpr (std::is_same_v<To, BFloat16>) return BFloat16(static_cast<float>(value));
    else return static_cast<To>(value);
}

constexpr std::int64_t column_block = 64;  // columns summed side by side

template <class T, class A, class To>
void run(const detail::AxisView& view, const CumsumOptions& options, const T* x, To* out) {
    const std::int64_t blocks = (view.inner + column_block - 1) / column_block;
    const std::int64_t unit = view.length * std::min(view.inner, column_block);
    parallel_for(view.outer * blocks, std::max<std::int64_t>(1, 32768 / unit), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            const std::int64_t column = i % blocks * column_block, width = std::min(column_block, view.inner - column);
            const std::int64_t start = i / blocks * view.length * view.inner + column;
            std::array<A, column_block> sums{};
            for (std::int64_t r = 0; r < view.length; ++r) {
                const std::int64_t at = start + (options.reverse ? view.length - 1 - r : r) * view.inner;
                for (std::int64_t k = 0; k < width; ++k) {
                    const A before = sums[k];
                    sums[k] += widen<A>(x[at + k]);
                    out[at + k] = narrow<To>(options.exclusive ? before : sums[k]);
                }
            }
        }
    });
}

Tensor compute(const Tensor& x, const CumsumOptions& options) {
    const detail::AxisView view("cumsum", x.shape(), options.axis);
    Tensor out = Tensor::uninitialized(x.shape(), is_floating(x.dtype()) ? x.dtype() : Dtype::int64);
    if (!x.is_empty())
        dispatch(x.dtype(), [&]<class T>(T) {
            if constexpr (std::is_integral_v<T>) run<T, std::int64_t>(view, options, x.data<T>(), out.fresh_data<std::int64_t>());
            else run<T, double>(view, options, x.data<T>(), out.fresh_data<T>());
        });
    return out;
}

}  // namespace

Tensor cumsum(const Tensor& x, const CumsumOptions& options) {
    return record(Cumsum{options}, detail::traced("cumsum", [options](const Tensor& in) { return compute(in, options); }, x), x);
}

}  // namespace cotangent
