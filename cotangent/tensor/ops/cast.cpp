#include "cotangent/tensor/ops/cast.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/record.hpp"

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

}  // namespace

Tensor cast(const Tensor& x, Dtype dtype) {
    if (x.dtype() == dtype) return x;
    Tensor out = dispatch(x.dtype(), [&]<class From>(From) {
        return dispatch(dtype, [&]<class To>(To) {
            return detail::elementwise_mixed<To, From>("cast", [](From v) { return convert<To>(v); }, x.shape(), dtype, x);
        });
    });
    return is_floating(dtype) ? record(Cast{}, std::move(out), x) : out;
}

}  // namespace cotangent
