#pragma once
// map(f, x, ...): an elementwise op from a scalar lambda. The lambda is compiled over lanes into one fused, vectorised
// loop, and differentiated by running it on dual numbers over lanes. First and second derivatives are fused loops too;
// from the third order on, the lambda runs on tensors and the ops inside it are recorded, so any order exists.
//
//     Tensor swish(const Tensor& x) { return map([](auto v) { return v * sigmoid(v); }, x); }
//
// What f captures, it captures by value: a record and a recording of compile() keep f and call it later.
// Inside, write numbers as usual and branches as select(condition, a, b); the functions of lanes.hpp are at hand.
#include <array>
#include <utility>

#include "cotangent/tensor/composed.hpp"
#include "cotangent/tensor/dual.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace detail {

/// (g, x...) -> g * df/dx_I: what both rules of a map are made of.
template <class F, std::size_t I>
struct Partial {
    [[no_unique_address]] F f;

    template <class G, class... X>
    auto operator()(const G& g, const X&... x) const {
        return call(std::index_sequence_for<X...>{}, g, x...);
    }

private:
    template <std::size_t... K, class G, class... X>
    G call(std::index_sequence<K...>, const G& g, const X&... x) const {
        const auto y = f(Dual<G>{x, constant_like(x, K == I ? 1 : 0)}...);
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Dual<G>>) return g * y.tangent;
        else return g * constant_like(g, 0);  // f does not depend on its arguments
    }
};

/// f of one number, which can be made with its derivative in one.
template <class F>
struct OfOneNumber {
    [[no_unique_address]] F f;

    template <class V>
    auto operator()(const V& x) const {
        return f(x);
    }
    static const void* slope_tag() { return &type_tag<Partial<F, 0>>; }
    /// Outputs f(x) and f'(x).
    template <class T>
    static void with_slope(const void* function, const std::byte* const* inputs, const std::int64_t* steps,
                           std::byte* const* outputs, std::int64_t count) {
        using L = Lanes<T>;
        const F& f = static_cast<const OfOneNumber*>(function)->f;
        const T* const x = reinterpret_cast<const T*>(inputs[0]);
        T* const value = reinterpret_cast<T*>(outputs[0]);
        T* const slope = reinterpret_cast<T*>(outputs[1]);
        for (std::int64_t k = 0; k < count; k += L::count) {
            const std::int64_t left = count - k;
            const L at = steps[0] == 0 ? L(*x) : left >= L::count ? L::load(x + k) : L::load_part(x + k, left);
            const auto y = f(Dual<L>{at, constant_like(at, 1)});
            const auto put = [&](L lanes, T* to) { left >= L::count ? lanes.store(to + k) : lanes.store_part(to + k, left); };
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Dual<L>>) {
                put(y.value, value);
                put(y.tangent, slope);
            } else {  // f does not depend on its argument
                put(L(y), value);
                put(L(0), slope);
            }
        }
    }
};

template <class F>
inline constexpr bool is_partial = false;
template <class F, std::size_t I>
inline constexpr bool is_partial<Partial<F, I>> = true;

/// The derivative with respect to argument I. A loop takes a second to compile in its dtypes, so that of second order, which
/// is symmetric, is one function in both orders.
template <std::size_t I, class F>
auto partial_of(const F& f) {
    return Partial<F, I>{f};
}
template <std::size_t I, class F, std::size_t K>
    requires(I > 0 && I - 1 < K)
auto partial_of(const Partial<F, K>& f) {
    return Partial<Partial<F, I - 1>, K + 1>{{f.f}};
}

template <int order, class F, class... X>
Tensor map_of_order(const F& f, const X&... x);

template <class F, std::size_t N, int order>
struct Map {
    static constexpr const char* name = "map";
    static constexpr Keep keep = Keep::inputs;
    static constexpr int fused_orders = 2;
    F f;

    void vjp(const Call& call) const { vjp(std::make_index_sequence<N>{}, call); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return jvp(std::make_index_sequence<N>{}, call); }

private:
    template <std::size_t... I>
    void vjp(std::index_sequence<I...> all, const Call& call) const {
        if constexpr (order < fused_orders) {
            (give<I>(all, call), ...);
        } else {
            composed_vjp(call, [&](std::span<const Tensor> x) { return std::vector<Tensor>{f(x[I]...)}; });
        }
    }
    template <std::size_t I, std::size_t... K>
    void give(std::index_sequence<K...> all, const Call& call) const {
        if (call.wants(I)) call.give(I, times_partial<I>(all, call, call.cotangent()));
    }
    /// g times the derivative with respect to input I.
    template <std::size_t I, std::size_t... K>
    Tensor times_partial(std::index_sequence<K...>, const Call& call, const Tensor& g) const {
        if constexpr (I == 0 && is_partial<F>)
            return map_of_order<order>(f, K == 0 ? g : call.input(K)...);  // f is linear in it
        else return map_of_order<order + 1>(partial_of<I>(f), g, call.input(K)...);
    }

    template <std::size_t... I>
    Tensor jvp(std::index_sequence<I...> all, const Call& call) const {
        if constexpr (order < fused_orders) {
            Tensor sum;
            (add_partial<I>(all, call, sum), ...);
            return sum;
        } else {
            return composed_jvp(call, [&](std::span<const Tensor> x) { return std::vector<Tensor>{f(x[I]...)}; })[0];
        }
    }
    template <std::size_t I, std::size_t... K>
    void add_partial(std::index_sequence<K...> all, const Call& call, Tensor& sum) const {
        if (!call.has_tangent(I)) return;
        const Tensor term = times_partial<I>(all, call, call.tangent(I));
        sum = sum.has_storage() ? sum + term : term;
    }
};

template <int order, class F, class... X>
Tensor map_of_order(const F& f, const X&... x) {
    if constexpr (order == 0 && sizeof...(X) == 1)
        return record(Map<F, 1, 0>{f}, elementwise("map", OfOneNumber<F>{f}, x...), x...);
    else return record(Map<F, sizeof...(X), order>{f}, elementwise("map", f, x...), x...);
}

}  // namespace detail

/// y[k] = f(x[k], ...) over broadcast inputs of one floating dtype.
/// @param f  a generic lambda of sizeof...(x) scalars; also called with lanes, dual numbers and tensors
/// @return   the broadcast shape, the dtype of the inputs
/// @throws ShapeError, DtypeError
template <class F, class... X>
[[nodiscard]] Tensor map(const F& f, const Tensor& x, const X&... rest) {
    return detail::map_of_order<0>(f, x, rest...);
}

}  // namespace cotangent
