#include "cotangent/tensor/ops/cast.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Cast {
    static constexpr const char* name = "cast";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const { call.give(0, cast(call.cotangent(), call.input(0).dtype())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return cast(call.tangent(0), call.output().dtype()); }
};

template <class To, class From>
To convert(From value) {
    if constexpr (std::is_same_v<From, BFloat16>) return convert<To>(static_cast<float>(value));
    else if constexpr (std::is_same_v<To, BFloat16>) return BFloat16(static_cast<float>(value));
    else if constexpr (std::is_same_v<To, bool>) return value != From{};
    else return static_cast<To>(value);
}

template <class To, class From>
void convert_all(const void*, const std::byte* const* inputs, const std::int64_t* steps, std::byte* const* outputs, std::int64_t count) {
    const From* from = reinterpret_cast<const From*>(inputs[0]);
    To* to = reinterpret_cast<To*>(outputs[0]);
    if (steps[0] == 0) std::fill_n(to, count, convert<To>(*from));
    else std::transform(from, from + count, to, [](From value) { return convert<To>(value); });
}

/// What tells one cast of a recording from another.
struct Conversion {
    Dtype from, to;
};

}  // namespace

Tensor cast(const Tensor& x, Dtype dtype) {
    if (x.dtype() == dtype) return x;
    const detail::ElementKernel kernel = dispatch(x.dtype(), [&]<class From>(From) {
        return dispatch(dtype, [&]<class To>(To) -> detail::ElementKernel { return convert_all<To, From>; });
    });
    Tensor out = Tensor::uninitialized(x.shape(), dtype);
    const bool tracing = detail::is_tracing();
    {
        const detail::InsideOp inside;
        const std::byte* from = x.raw();
        std::byte* to = out.fresh_data<std::byte>();
        const auto from_size = static_cast<std::int64_t>(size_of(x.dtype())), to_size = static_cast<std::int64_t>(size_of(dtype));
        parallel_for(x.size(), detail::elementwise_grain, [&](std::int64_t first, std::int64_t last) {
            const std::byte* in = from + first * from_size;
            std::byte* result = to + first * to_size;
            const std::int64_t step = 1;
            kernel(nullptr, &in, &step, &result, last - first);
        });
    }
    if (tracing) [[unlikely]]
        detail::trace_elementwise(detail::elementwise_operation("cast", kernel, nullptr, Conversion{x.dtype(), dtype}), out, x);
    return is_floating(dtype) ? record(Cast{}, std::move(out), x) : out;
}

}  // namespace cotangent
