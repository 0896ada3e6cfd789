#pragma once
// The loop under every elementwise op: broadcasting, lanes, threads. `f` is a generic scalar function.
#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/tensor.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {

inline constexpr std::int64_t elementwise_grain = 32768;  ///< elements a thread takes at a time

/// How N inputs lie under an output: axes that all treat alike are merged, the last is the row the inner loop runs over.
template <std::size_t N>
struct Rows {
    std::int64_t row_length = 1;
    std::int64_t row_count = 1;
    std::array<std::int64_t, N> step{};  // along a row: 1, or 0 where the input repeats
    int rank = 0;                        // of the axes outside the row
    std::array<std::int64_t, Shape::max_rank> lengths{};
    std::array<std::array<std::int64_t, Shape::max_rank>, N> strides{};

    /// Where each input's row `row` starts.
    [[nodiscard]] std::array<std::int64_t, N> offsets(std::int64_t row) const {
        std::array<std::int64_t, N> result{};
        for (int axis = rank - 1; axis >= 0; --axis) {
            const std::int64_t at = row % lengths[axis];
            row /= lengths[axis];
            for (std::size_t i = 0; i < N; ++i) result[i] += at * strides[i][axis];
        }
        return result;
    }
};

/// Strides of an input broadcast to `output`, in elements; 0 where it repeats.
[[nodiscard]] std::array<std::int64_t, Shape::max_rank> broadcast_strides(const Shape& input, const Shape& output);

template <std::size_t N>
[[nodiscard]] Rows<N> rows_of(const Shape& output, const std::array<const Shape*, N>& inputs) {
    Rows<N> rows;
    std::array<std::array<std::int64_t, Shape::max_rank>, N> strides;
    for (std::size_t i = 0; i < N; ++i) strides[i] = broadcast_strides(*inputs[i], output);
    // Merge from the last axis outward; `merged` counts the axes found so far, innermost first.
    int merged = 0;
    std::array<std::int64_t, Shape::max_rank> lengths{};
    std::array<std::array<std::int64_t, Shape::max_rank>, N> found{};
    for (int axis = output.rank() - 1; axis >= 0; --axis) {
        if (output[axis] == 1) continue;
        bool same = merged > 0;
        for (std::size_t i = 0; i < N && same; ++i) same = strides[i][axis] == found[i][merged - 1] * lengths[merged - 1];
        if (same) {
            lengths[merged - 1] *= output[axis];
            continue;
        }
        lengths[merged] = output[axis];
        for (std::size_t i = 0; i < N; ++i) found[i][merged] = strides[i][axis];
        ++merged;
    }
    if (merged == 0) return rows;
    rows.row_length = lengths[0];
    for (std::size_t i = 0; i < N; ++i) rows.step[i] = found[i][0];
    rows.rank = merged - 1;
    for (int k = 1; k < merged; ++k) {
        rows.lengths[merged - 1 - k] = lengths[k];
        rows.row_count *= lengths[k];
        for (std::size_t i = 0; i < N; ++i) rows.strides[i][merged - 1 - k] = found[i][k];
    }
    return rows;
}

/// The rows' starts one after another, as an odometer: no division a row.
template <std::size_t N>
class RowCursor {
public:
    RowCursor(const Rows<N>& rows, std::int64_t row) : rows_(rows), offsets_(rows.offsets(row)) {
        for (int axis = rows.rank - 1; axis >= 0; --axis) {
            at_[axis] = row % rows.lengths[axis];
            row /= rows.lengths[axis];
        }
    }
    [[nodiscard]] const std::array<std::int64_t, N>& offsets() const { return offsets_; }
    void next() {
        for (int axis = rows_.rank - 1; axis >= 0; --axis) {
            const bool turns_over = ++at_[axis] == rows_.lengths[axis];
            const std::int64_t steps = turns_over ? 1 - rows_.lengths[axis] : 1;
            for (std::size_t i = 0; i < N; ++i) offsets_[i] += steps * rows_.strides[i][axis];
            if (!turns_over) return;
            at_[axis] = 0;
        }
    }

private:
    const Rows<N>& rows_;
    std::array<std::int64_t, N> offsets_;
    std::array<std::int64_t, Shape::max_rank> at_{};
};

/// Calls `row(first output element, count, input offsets)` for all rows, in pieces that threads share.
template <std::size_t N, class Row>
void for_rows(const Rows<N>& rows, Row&& row) {
    if (rows.row_count == 1) {
        parallel_for(rows.row_length, elementwise_grain, [&](std::int64_t first, std::int64_t last) {
            std::array<std::int64_t, N> offsets;
            for (std::size_t i = 0; i < N; ++i) offsets[i] = first * rows.step[i];
            row(first, last - first, offsets);
        });
        return;
    }
    const std::int64_t grain = std::max<std::int64_t>(1, elementwise_grain / std::max<std::int64_t>(1, rows.row_length));
    parallel_for(rows.row_count, grain, [&](std::int64_t first, std::int64_t last) {
        RowCursor<N> cursor(rows, first);
        for (std::int64_t k = first; k < last; ++k, cursor.next())
            row(k * rows.row_length, rows.row_length, cursor.offsets());
    });
}

/// One row: to[k] = f(from[0][k * steps[0]], ...), over lanes of T (float or double).
template <class T, std::size_t N, class F>
[[gnu::noinline]] void lanes_row(const F& f, T* to, std::array<const T*, N> from, const std::array<std::int64_t, N>& given,
                                 std::int64_t count) {
    using L = Lanes<T>;
    const std::array<std::int64_t, N> steps = given;  // in registers: a store might change what is referred to
    const auto call = [&]<std::size_t... I>(std::index_sequence<I...>, auto&& at) { return f(at(I)...); };
    constexpr auto indices = std::make_index_sequence<N>{};
    std::array<L, N> repeated;
    for (std::size_t i = 0; i < N; ++i)
        if (steps[i] == 0) {
            repeated[i] = L(*from[i]);
            from[i] = reinterpret_cast<const T*>(&repeated[i]);  // loads at step 0 stay inside it
        }
    std::int64_t k = 0;
    for (; k + L::count <= count; k += L::count)
        L(call(indices, [&](std::size_t i) { return L::load(from[i] + k * steps[i]); })).store(to + k);
    if (k < count)
        L(call(indices, [&](std::size_t i) { return L::load_part(from[i] + k * steps[i], count - k); })).store_part(to + k, count - k);
}

void widen(const BFloat16* from, float* to, std::int64_t count);
void narrow(const float* from, BFloat16* to, std::int64_t count);

/// Results of so many bytes go to memory past the caches, which they would only sweep empty: no line is read first to be
/// overwritten.
inline constexpr std::int64_t streamed_bytes = std::int64_t{24} << 20;
/// Copies so.
void stream_to(void* to, const void* from, std::size_t bytes);

/// lanes_row() by way of the first cache.
template <class T, std::size_t N, class F>
void lanes_row_streamed(const F& f, T* to, std::array<const T*, N> from, const std::array<std::int64_t, N>& steps, std::int64_t count) {
    constexpr std::int64_t block = 8192 / sizeof(T);
    alignas(64) std::array<T, block> results;
    for (std::int64_t first = 0; first < count; first += block) {
        const std::int64_t here = std::min(block, count - first);
        lanes_row<T, N>(f, results.data(), from, steps, here);
        stream_to(to + first, results.data(), static_cast<std::size_t>(here) * sizeof(T));
        for (std::size_t i = 0; i < N; ++i) from[i] += block * steps[i];
    }
}

/// out = f(inputs...) over lanes of T (float or double). `shapes` are the inputs' own shapes, which broadcast to `shape`.
template <class T, class F, std::size_t N>
void elementwise_lanes(const F& f, const Shape& shape, T* out, const std::array<const T*, N>& inputs,
                       const std::array<const Shape*, N>& shapes) {
    using L = Lanes<T>;
    if (shape.size() == 1) {  // the fast path of scalar code
        const L result = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return L(f(L(*inputs[I])...));
        }(std::make_index_sequence<N>{});
        *out = result.v[0];
        return;
    }
    const auto rows = rows_of<N>(shape, shapes);
    const bool streams = shape.size() * static_cast<std::int64_t>(sizeof(T)) >= streamed_bytes && rows.row_length >= 1024;
    for_rows(rows, [&](std::int64_t first, std::int64_t count, const std::array<std::int64_t, N>& offsets) {
        std::array<const T*, N> from;
        for (std::size_t i = 0; i < N; ++i) from[i] = inputs[i] + offsets[i];
        if (streams) lanes_row_streamed<T, N>(f, out + first, from, rows.step, count);
        else lanes_row<T, N>(f, out + first, from, rows.step, count);
    });
}

/// bfloat16 is computed in float32, block by block in the first cache, with the loop of float32.
template <class F, std::size_t N>
void elementwise_bfloat16(const F& f, const Shape& shape, BFloat16* out, const std::array<const BFloat16*, N>& inputs,
                          const std::array<const Shape*, N>& shapes) {
    constexpr std::int64_t block = 1024;
    const auto rows = rows_of<N>(shape, shapes);
    for_rows(rows, [&](std::int64_t start, std::int64_t count, const std::array<std::int64_t, N>& offsets) {
        alignas(64) std::array<std::array<float, block>, N> wide;
        alignas(64) std::array<float, block> results;
        std::array<const float*, N> from;
        for (std::size_t i = 0; i < N; ++i) {
            from[i] = wide[i].data();
            if (rows.step[i] == 0) wide[i][0] = static_cast<float>(inputs[i][offsets[i]]);
        }
        for (std::int64_t first = 0; first < count; first += block) {
            const std::int64_t here = std::min(block, count - first);
            for (std::size_t i = 0; i < N; ++i)
                if (rows.step[i] == 1) widen(inputs[i] + offsets[i] + first, wide[i].data(), here);
            lanes_row<float, N>(f, results.data(), from, rows.step, here);
            narrow(results.data(), out + start + first, here);
        }
    });
}

/// One row of any types, one element at a time: for integers and loops that convert.
template <class Out, class... In, class F>
void scalars_row(const F& f, Out* to, std::tuple<const In*...> from, const std::array<std::int64_t, sizeof...(In)>& steps,
                 std::int64_t count) {
    constexpr std::int64_t block = 256, short_row = 8;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        if (count <= short_row) {
            for (std::int64_t k = 0; k < count; ++k) to[k] = f(std::get<I>(from)[k * steps[I]]...);
            return;
        }
        std::tuple<std::array<In, block>...> repeated;
        const auto start = [&]<class T>(const T* first, std::int64_t step, std::array<T, block>& filled) {
            if (step == 1) return first;
            std::fill_n(filled.begin(), std::min(count, block), *first);
            return static_cast<const T*>(filled.data());
        };
        const auto run = [&f](Out* out, std::int64_t n, const In*... in) {
            for (std::int64_t k = 0; k < n; ++k) out[k] = f(in[k]...);
        };
        from = {start(std::get<I>(from), steps[I], std::get<I>(repeated))...};
        if (((steps[I] == 1) && ...)) return run(to, count, std::get<I>(from)...);
        for (std::int64_t k = 0; k < count; k += block)
            run(to + k, std::min(block, count - k), std::get<I>(from) + k * steps[I]...);
    }(std::index_sequence_for<In...>{});
}

/// out = f(inputs...) one element at a time: for integers and loops that convert.
template <class Out, class F, class... In>
void elementwise_scalars(const F& f, const Shape& shape, Out* out, const std::array<const Shape*, sizeof...(In)>& shapes,
                         const In*... inputs) {
    const auto rows = rows_of<sizeof...(In)>(shape, shapes);
    for_rows(rows, [&](std::int64_t first, std::int64_t count, const auto& offsets) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            scalars_row<Out, In...>(f, out + first, {inputs + offsets[I]...}, rows.step, count);
        }(std::index_sequence_for<In...>{});
    });
}

/// lanes_row and scalars_row as a trace calls them.
template <class T, std::size_t N, class F>
void lanes_kernel(const void* f, const std::byte* const* inputs, const std::int64_t* steps, std::byte* const* outputs,
                  std::int64_t count) {
    std::array<const T*, N> from;
    std::array<std::int64_t, N> step;
    for (std::size_t i = 0; i < N; ++i) {
        from[i] = reinterpret_cast<const T*>(inputs[i]);
        step[i] = steps[i];
    }
    lanes_row<T, N>(*static_cast<const F*>(f), reinterpret_cast<T*>(outputs[0]), from, step, count);
}
/// The same for a count of whole registers, where what repeats fills a register: nothing but loads, f and a store.
template <class T, std::size_t N, class F>
void padded_lanes_kernel(const void* f, const std::byte* const* inputs, const std::int64_t* steps, std::byte* const* outputs,
                         std::int64_t count) {
    using L = Lanes<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<const T*, N> from{reinterpret_cast<const T*>(inputs[I])...};
        T* to = reinterpret_cast<T*>(outputs[0]);
        const F& g = *static_cast<const F*>(f);
        if (count <= 0) return;
        for (std::int64_t k = 0;; ((from[I] += L::count * steps[I]), ...)) {  // one call of g, so that it is inlined
            L(g(L::load(from[I])...)).store(to + k);
            k += L::count;
            if (k >= count) return;  // a small value needs no steps
        }
    }(std::make_index_sequence<N>{});
}
template <class F, class Out, class... In>
void scalars_kernel(const void* f, const std::byte* const* inputs, const std::int64_t* steps, std::byte* const* outputs,
                    std::int64_t count) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        scalars_row<Out, In...>(*static_cast<const F*>(f), reinterpret_cast<Out*>(outputs[0]),
                                {reinterpret_cast<const In*>(inputs[I])...}, {steps[I]...}, count);
    }(std::index_sequence_for<In...>{});
}

template <class F>
[[nodiscard]] Operation elementwise_operation(const char* op, ElementKernel kernel, ElementKernel padded, const F& f) {
    Operation operation;
    operation.kind = Operation::Kind::elementwise;
    operation.name = op;
    operation.kernel = kernel;
    operation.padded = padded;
    operation.function = std::make_shared<F>(f);
    identify(operation, f);
    return operation;
}

/// f, with what it does as a name.
template <Arithmetic what, class F>
struct Known : F {
    static constexpr Arithmetic arithmetic = what;
};
template <Arithmetic what, class F>
[[nodiscard]] constexpr Known<what, F> known(const F& f) {
    return {f};
}

/// F, a function of n numbers, over lanes. Members of F may say more: with_slope how it is made with its derivative, arithmetic
/// what it is.
template <class T, std::size_t n, class F>
[[nodiscard]] Operation lanes_operation(const char* op, const F& f) {
    Operation operation = elementwise_operation(op, lanes_kernel<T, n, F>, padded_lanes_kernel<T, n, F>, f);
    if constexpr (requires { F::template with_slope<T>; }) {
        operation.with_slope = F::template with_slope<T>;
        operation.slope_tag = F::slope_tag();
    }
    if constexpr (requires { requires std::is_same_v<decltype(F::arithmetic), const Arithmetic>; }) operation.arithmetic = F::arithmetic;
    return operation;
}

/// Hands an elementwise call, whose result is `out`, to the trace.
template <class... X>
void trace_elementwise(Operation&& operation, Tensor& out, const X&... x) {
    const std::array<const Tensor*, sizeof...(X)> inputs{&x...};
    trace_state.trace->add(std::move(operation), inputs, {&out, 1});
}

/// A new tensor of f over broadcast inputs of the types In, one element at a time.
template <class Out, class... In, class F, class... X>
[[nodiscard]] Tensor elementwise_mixed(const char* op, const F& f, const Shape& shape, Dtype dtype, const X&... x) {
    Tensor out = Tensor::uninitialized(shape, dtype);
    const bool tracing = is_tracing();
    {
        const InsideOp inside;
        elementwise_scalars(f, shape, out.fresh_data<Out>(), {&x.shape()...}, x.template data<In>()...);
    }
    if (tracing) [[unlikely]] trace_elementwise(elementwise_operation(op, scalars_kernel<F, Out, In...>, nullptr, f), out, x...);
    return out;
}

enum class Accepts : std::uint8_t { floating, numeric };  ///< numeric: floating, int32, int64 and uint8

[[noreturn]] void throw_dtype(const char* op, Dtype seen, const char* expected);
[[noreturn]] void throw_dtypes(const char* op, Dtype a, Dtype b);
inline void check_same_dtype(const char* op, Dtype a, Dtype b) {
    if (a != b) throw_dtypes(op, a, b);
}
/// For ops that compute bfloat16 in float32.
[[nodiscard]] Tensor to_float32(const Tensor& x);
[[nodiscard]] Tensor to_bfloat16(const Tensor& x);

/// Hands an elementwise call of lanes or numbers to the trace.
template <Accepts accepts, class F, class... X>
void trace_elementwise_of(Dtype dtype, const char* op, const F& f, Tensor& out, const X&... x) {
    constexpr std::size_t n = sizeof...(X);
    if (dtype == Dtype::float32) return trace_elementwise(lanes_operation<float, n>(op, f), out, x...);
    if (dtype == Dtype::float64) return trace_elementwise(lanes_operation<double, n>(op, f), out, x...);
    if constexpr (accepts == Accepts::numeric) {
        const auto integers = [&]<class T>(T) {
            const auto scalar = [f](auto... v) { return static_cast<T>(f(v...)); };
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                trace_elementwise(
                    elementwise_operation(op, scalars_kernel<decltype(scalar), T, std::conditional_t<(I < n), T, T>...>, nullptr, scalar),
                    out, x...);
            }(std::make_index_sequence<n>{});
        };
        if (dtype == Dtype::int32) integers(std::int32_t{});
        else if (dtype == Dtype::int64) integers(std::int64_t{});
        else integers(std::uint8_t{});
    }
}

/// elementwise() of bfloat16.
template <class F, class... In>
[[nodiscard]] Tensor elementwise_of_bfloat16(const char* op, const F& f, const Shape& shape, const In&... x) {
    return traced(
        op,
        [f, shape](const auto&... in) {
            Tensor out = Tensor::uninitialized(shape, Dtype::bfloat16);
            elementwise_bfloat16(f, shape, out.fresh_data<BFloat16>(),
                                 std::array<const BFloat16*, sizeof...(In)>{in.template data<BFloat16>()...}, {&in.shape()...});
            return out;
        },
        x...);
}

/// elementwise() of lanes or numbers. The result is made in its place: a small op would take long to move it.
template <Accepts accepts, class F, class... In>
[[nodiscard]] Tensor elementwise_of(const char* op, const F& f, const Shape& shape, Dtype dtype, const In&... x) {
    const std::array<const Shape*, sizeof...(In)> shapes{&x.shape()...};
    const bool tracing = is_tracing();
    Tensor out = Tensor::uninitialized(shape, dtype);
    const auto lanes = [&]<class T>(T) {
        elementwise_lanes<T>(f, shape, out.fresh_data<T>(), std::array<const T*, sizeof...(In)>{x.template data<T>()...}, shapes);
    };
    const auto scalars = [&]<class T>(T) {
        if constexpr (accepts == Accepts::numeric)
            elementwise_scalars([&](auto... v) { return static_cast<T>(f(v...)); }, shape, out.fresh_data<T>(), shapes,
                                x.template data<T>()...);
        else throw_dtype(op, dtype, "a floating dtype");
    };
    const auto run = [&] {
        switch (dtype) {
            case Dtype::float32: lanes(float{}); break;
            case Dtype::float64: lanes(double{}); break;
            case Dtype::int32: scalars(std::int32_t{}); break;
            case Dtype::int64: scalars(std::int64_t{}); break;
            case Dtype::uint8: scalars(std::uint8_t{}); break;
            default: throw_dtype(op, dtype, accepts == Accepts::numeric ? "a numeric dtype" : "a floating dtype");
        }
    };
    if (!tracing) [[likely]] {
        run();
        return out;
    }
    {
        const InsideOp inside;
        run();
    }
    trace_elementwise_of<accepts>(dtype, op, f, out, x...);
    return out;
}

/// A new tensor of f over broadcast inputs of one dtype; not recorded. f takes lanes (and, for integers, numbers).
template <Accepts accepts = Accepts::floating, class F, class... In>
[[nodiscard]] Tensor elementwise(const char* op, const F& f, const Tensor& x, const In&... rest) {
    (check_same_dtype(op, x.dtype(), rest.dtype()), ...);
    Shape shape = x.shape();
    ((rest.shape() == shape ? void() : void(shape = broadcast(op, shape, rest.shape()))), ...);
    if (x.dtype() == Dtype::bfloat16) return elementwise_of_bfloat16(op, f, shape, x, rest...);
    return elementwise_of<accepts>(op, f, shape, x.dtype(), x, rest...);
}

}  // namespace cotangent::detail
