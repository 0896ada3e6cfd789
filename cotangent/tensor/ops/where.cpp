#include "cotangent/tensor/ops/where.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::literal_like, detail::record;

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
    Tensor out = Tensor::uninitialized(shape, a.dtype());
    // Elements are moved, not computed with: their size is all that matters. GCC 12 vectorises bytes, not bools.
    const auto choose = [&]<class Word>(Word) {
        detail::elementwise_scalars([](std::uint8_t holds, Word x, Word y) { return holds != 0 ? x : y; }, shape,
                                    out.fresh_data<Word>(), {&condition.shape(), &a.shape(), &b.shape()},
                                    condition.data<std::uint8_t>(), a.data<Word>(), b.data<Word>());
    };
    switch (size_of(a.dtype())) {
        case 1: choose(std::uint8_t{}); break;
        case 2: choose(std::uint16_t{}); break;
        case 4: choose(std::uint32_t{}); break;
        default: choose(std::uint64_t{});
    }
    return record(Where{condition}, out, a, b);
}

Tensor where(const Tensor& condition, const Tensor& a, double b) { return where(condition, a, literal_like(a, b)); }
Tensor where(const Tensor& condition, double a, const Tensor& b) { return where(condition, literal_like(b, a), b); }

}  // namespace cotangent
