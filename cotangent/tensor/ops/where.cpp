#include "cotangent/tensor/ops/where.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Where {
    static constexpr const char* name = "where";
    static constexpr Keep keep = Keep::nothing;
    Tensor condition;
    void vjp(const Call& call) const {
        if (call.wants(0)) call.give(0, where(condition, call.cotangent(), 0.0));
        if (call.wants(1)) call.give(1, where(condition, 0.0, call.cotangent()));
    }
    [[nodiscard]] Tensor jvp(const Call& call) const {
        if (!call.has_tangent(0)) return where(condition, 0.0, call.tangent(1));
        if (!call.has_tangent(1)) return where(condition, call.tangent(0), 0.0);
        return where(condition, call.tangent(0), call.tangent(1));
    }
};

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
    if (condition.dtype() != Dtype::boolean) detail::throw_dtype("where", condition.dtype(), "bool for the condition");
    detail::check_same_dtype("where", a.dtype(), b.dtype());
    const Shape shape = broadcast("where", condition.shape(), broadcast("where", a.shape(), b.shape()));
    // Elements are moved, not computed with: their size is all that matters. GCC 12 vectorises bytes, not bools.
    const auto choose = [&]<class Word>(Word) {
        return detail::elementwise_mixed<Word, std::uint8_t, Word, Word>(
            "where", [](std::uint8_t holds, Word x, Word y) { return holds != 0 ? x : y; }, shape, a.dtype(), condition, a, b);
    };
    const auto chosen = [&] {
        switch (size_of(a.dtype())) {
            case 1: return choose(std::uint8_t{});
            case 2: return choose(std::uint16_t{});
            case 4: return choose(std::uint32_t{});
            default: return choose(std::uint64_t{});
        }
    };
    return record(Where{condition}, chosen(), a, b);
}

Tensor where(const Tensor& condition, const Tensor& a, double b) { return where(condition, a, constant_like(a, b)); }
Tensor where(const Tensor& condition, double a, const Tensor& b) { return where(condition, constant_like(b, a), b); }

}  // namespace cotangent
