#pragma once
// The loops under reductions. Axes that are reduced together are merged, then one group at a time is folded away, the
// innermost first: a group at the end row by row, a group before kept elements by adding whole rows. What is added in
// which order depends on the shape alone; threads share pieces of it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "cotangent/tensor/kernels/fetch.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/tensor.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/widen.hpp"

namespace cotangent::detail {

/// Which axes are reduced.
using ReducedAxes = std::array<bool, Shape::max_rank>;

/// Neighbouring axes that are all kept or all reduced.
struct AxisGroup {
    std::int64_t length = 1;
    bool reduced = false;
};
struct AxisGroups {
    std::array<AxisGroup, Shape::max_rank> group{};
    int count = 0;

    AxisGroups(const Shape& shape, const ReducedAxes& reduced);
    [[nodiscard]] std::int64_t product(int last) const {
        std::int64_t result = 1;
        for (int k = 0; k < last; ++k) result *= group[k].length;
        return result;
    }
};

// An operation to fold with: what nothing gives, and how two values, or two vectors of values, combine.
template <class A>
struct FoldSum {
    static constexpr bool compensated = std::is_floating_point_v<A>;
    static constexpr A identity = 0;
    template <class V>
    static V combine(V a, V b) {
        return a + b;
    }
};
template <class A>
struct FoldProduct {
    static constexpr bool compensated = false;
    static constexpr A identity = 1;
    template <class V>
    static V combine(V a, V b) {
        return a * b;
    }
};
template <class A>
struct FoldMaximum {
    static constexpr bool compensated = false;
    static constexpr A identity =
        std::is_floating_point_v<A> ? -std::numeric_limits<A>::infinity() : std::numeric_limits<A>::lowest();
    static Lanes<A> combine(Lanes<A> a, Lanes<A> b) requires std::is_floating_point_v<A> { return maximum(a, b); }
    static A combine(A a, A b) { return a > b || a != a ? a : b; }
};
template <class A>
struct FoldMinimum {
    static constexpr bool compensated = false;
    static constexpr A identity =
        std::is_floating_point_v<A> ? std::numeric_limits<A>::infinity() : std::numeric_limits<A>::max();
    static Lanes<A> combine(Lanes<A> a, Lanes<A> b) requires std::is_floating_point_v<A> { return minimum(a, b); }
    static A combine(A a, A b) { return a < b || a != a ? a : b; }
};
struct FoldAny {
    static constexpr bool compensated = false;
    static constexpr bool identity = false;
    static bool combine(bool a, bool b) { return a | b; }
};
struct FoldAll {
    static constexpr bool compensated = false;
    static constexpr bool identity = true;
    static bool combine(bool a, bool b) { return a & b; }
};

template <class A, class T>
[[nodiscard]] inline A fold_value(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return fold_value<A>(static_cast<float>(value));
    else if constexpr (std::is_same_v<A, bool>) return value != T{};
    else return static_cast<A>(value);
}

template <class T, int n>
struct VectorOf {
    typedef T Type __attribute__((vector_size(n * sizeof(T))));
};

/// Lanes<A>::count elements of T as lanes of A.
template <class A, class T>
[[nodiscard]] inline Lanes<A> fold_load(const T* from) {
    if constexpr (std::is_same_v<A, T>) return Lanes<A>::load(from);
    else if constexpr (std::is_same_v<A, double> && std::is_same_v<T, float>) {
        HalfOfFloats half;
        std::memcpy(&half, from, sizeof half);
        return widen(half);
    } else if constexpr (std::is_same_v<T, BFloat16>) {
        typename VectorOf<std::uint16_t, Lanes<A>::count>::Type bits;
        std::memcpy(&bits, from, sizeof bits);
        const auto words = __builtin_convertvector(bits, typename VectorOf<std::uint32_t, Lanes<A>::count>::Type) << 16;
        std::array<float, Lanes<A>::count> floats;
        std::memcpy(floats.data(), &words, sizeof floats);
        return fold_load<A>(floats.data());
    } else {
        typename VectorOf<T, Lanes<A>::count>::Type part;
        std::memcpy(&part, from, sizeof part);
        return __builtin_convertvector(part, typename Lanes<A>::Vector);
    }
}

/// A running value. A sum keeps what each addition of a block rounds away (Knuth's two-sum), so its error does not
/// grow with the number of blocks.
template <class V, bool compensated>
struct FoldState {
    V total;
    V lost;

    template <class Op>
    void add(V block) {
        if constexpr (compensated) {
            const V sum = total + block;
            const V part = sum - total;
            lost = lost + ((total - (sum - part)) + (block - part));
            total = sum;
        } else {
            total = Op::combine(total, block);
        }
    }
};

/// Folds T into A with Op; `x` below is contiguous.
template <class T, class A, class Op>
struct Folder {
    static constexpr bool vectors = std::is_floating_point_v<A>;
    static constexpr bool compensated = Op::compensated;
    static constexpr std::int64_t unroll = 8;         // values added before the sum is compensated
    static constexpr std::int64_t piece = 65536;      // elements between which work is cut
    static constexpr std::int64_t column_block = 512; // columns whose running values stay in the first cache

    static A finish(A total, A lost) {
        if constexpr (compensated) return std::isfinite(lost) ? total + lost : total;
        return total;
    }

    static A row_of_scalars(const T* x, std::int64_t count) {
        A total = Op::identity;
        for (std::int64_t k = 0; k < count; ++k) total = Op::combine(total, fold_value<A>(x[k]));
        return total;
    }

    /// A row that comes in parts: the parts before the last are multiples of `block` long, and the sum is that of the whole.
    struct Running {
        using L = Lanes<A>;
        static constexpr std::int64_t block = 4 * unroll * L::count;
        FoldState<L, compensated> state{L(Op::identity), L(0)};

        void add_block(const T* x, std::int64_t vectors_each) {
            std::array<L, 4> sums;
            for (int i = 0; i < 4; ++i) sums[i] = fold_load<A>(x + i * L::count);
            for (std::int64_t r = 1; r < vectors_each; ++r)
                for (int i = 0; i < 4; ++i) sums[i] = Op::combine(sums[i], fold_load<A>(x + (4 * r + i) * L::count));
            state.template add<Op>(Op::combine(Op::combine(sums[0], sums[1]), Op::combine(sums[2], sums[3])));
        }
        void add(const T* x, std::int64_t count) {
            for (std::int64_t k = 0; k < count; k += block) add_block(x + k, unroll);
        }
        A last(const T* x, std::int64_t count) {
            const std::int64_t whole = count / block * block;
            add(x, whole);
            std::int64_t k = whole;
            if (const std::int64_t rest = (count - k) / (4 * L::count)) {
                add_block(x + k, rest);
                k += 4 * rest * L::count;
            }
            L odd(Op::identity);
            for (; k + L::count <= count; k += L::count) odd = Op::combine(odd, fold_load<A>(x + k));
            L tail(Op::identity);
            for (std::int64_t i = 0; k + i < count; ++i) tail.v[i] = fold_value<A>(x[k + i]);
            state.template add<Op>(Op::combine(odd, tail));
            std::array<A, L::count> totals;
            state.total.store(totals.data());
            for (int width = L::count / 2; width >= 1; width /= 2)
                for (int i = 0; i < width; ++i) totals[i] = Op::combine(totals[i], totals[i + width]);
            A lost = 0;
            if constexpr (compensated)
                for (int i = 0; i < L::count; ++i) lost += state.lost.v[i];
            return finish(totals[0], lost);
        }
    };

    static A row(const T* x, std::int64_t count) {
        if constexpr (vectors)
            if (count >= 2 * Lanes<A>::count) return Running{}.last(x, count);
        return row_of_scalars(x, count);
    }

    /// out[k] = fold over r < rows of x[r * stride + k], k < width <= column_block.
    static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width, A* out) {
        if constexpr (vectors) {
            constexpr std::int64_t lanes = Lanes<A>::count;
            if (width < 64 && stride == width && rows >= 2 * lanes) {
                // Narrow rows: fold `lanes` of them as one wide row, then that row onto itself.
                std::array<A, lanes * 64> wide;
                const std::int64_t rest = rows % lanes;
                wide_columns(x, rows / lanes, lanes * width, lanes * width, wide.data());
                std::array<FoldState<A, compensated>, 64> states;
                for (std::int64_t k = 0; k < width; ++k) states[k] = {wide[k], 0};
                for (std::int64_t k = width; k < lanes * width; ++k) states[k % width].template add<Op>(wide[k]);
                const T* last = x + (rows - rest) * width;
                for (std::int64_t k = 0; k < rest * width; ++k) states[k % width].template add<Op>(fold_value<A>(last[k]));
                for (std::int64_t k = 0; k < width; ++k) out[k] = finish(states[k].total, states[k].lost);
                return;
            }
            if (width >= lanes) return wide_columns(x, rows, stride, width, out);
            FoldState<A, compensated> state;
            for (std::int64_t k = 0; k < width; ++k) {
                state = {Op::identity, 0};
                for (std::int64_t r = 0; r < rows; ++r) state.template add<Op>(fold_value<A>(x[r * stride + k]));
                out[k] = finish(state.total, state.lost);
            }
        } else {
            std::fill_n(out, width, Op::identity);
            for (std::int64_t r = 0; r < rows; ++r)
                for (std::int64_t k = 0; k < width; ++k) out[k] = Op::combine(out[k], fold_value<A>(x[r * stride + k]));
        }
    }

    /// The same for at least one vector of columns. The last vector overlaps the one before it: both compute the same
    /// numbers for the columns they share.
    static void wide_columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width, A* out) {
        using L = Lanes<A>;
        constexpr std::int64_t lanes = L::count;
        const std::int64_t chunks = (width + lanes - 1) / lanes;
        std::array<FoldState<L, compensated>, std::max<std::int64_t>(column_block / lanes, 64)> states;
        std::fill_n(states.begin(), chunks, FoldState<L, compensated>{L(Op::identity), L(0)});
        const auto start = [&](std::int64_t chunk) { return std::min(chunk * lanes, width - lanes); };
        constexpr std::int64_t chunks_of_line = std::max<std::int64_t>(1, 64 / (lanes * static_cast<std::int64_t>(sizeof(T))));
        const auto add_rows = [&](const T* from, auto count) {
            const T* const below = from + unroll * stride;  // so many short rows are not foreseen by the processor
            for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
                const T* at = from + start(chunk);
                if (chunk % chunks_of_line == 0)
                    for (std::int64_t r = 0; r < unroll; ++r) fetch(below + start(chunk) + r * stride);
                L sum = fold_load<A>(at);
                for (std::int64_t r = 1; r < count; ++r) sum = Op::combine(sum, fold_load<A>(at + r * stride));
                states[chunk].template add<Op>(sum);
            }
        };
        std::int64_t r = 0;
        for (; r + unroll <= rows; r += unroll) add_rows(x + r * stride, std::integral_constant<std::int64_t, unroll>{});
        if (r < rows) add_rows(x + r * stride, rows - r);
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
            for (int i = 0; i < lanes; ++i) out[start(chunk) + i] = finish(states[chunk].total.v[i], states[chunk].lost.v[i]);
    }

    /// [outer, count] -> [outer]
    static void inner(const T* x, std::int64_t outer, std::int64_t count, A* out) {
        if (count <= piece) {
            parallel_for(outer, std::max<std::int64_t>(1, piece / 2 / count), [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t m = first; m < last; ++m) out[m] = row(x + m * count, count);
            });
            return;
        }
        const std::int64_t pieces = (count + piece - 1) / piece;
        Tensor partial = Tensor::uninitialized({outer, pieces}, dtype_of<A>);
        A* parts = partial.fresh_data<A>();
        parallel_for(outer * pieces, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const std::int64_t from = i % pieces * piece;
                parts[i] = row(x + i / pieces * count + from, std::min(piece, count - from));
            }
        });
        Folder<A, A, Op>::inner(parts, outer, pieces, out);
    }

    /// [outer, rows, width] -> [outer, width]
    static void middle(const T* x, std::int64_t outer, std::int64_t rows, std::int64_t width, A* out) {
        const std::int64_t blocks = (width + column_block - 1) / column_block;
        const std::int64_t block = blocks == 1 ? width : std::min(column_block, (width / blocks + 64) / 64 * 64);
        std::int64_t piece_rows = rows;
        if (outer * blocks < 16) piece_rows = std::max<std::int64_t>(64, piece / block / unroll * unroll);
        const std::int64_t pieces = (rows + piece_rows - 1) / piece_rows;
        Tensor partial;
        A* parts = out;
        if (pieces > 1) {
            partial = Tensor::uninitialized({outer, pieces, width}, dtype_of<A>);
            parts = partial.fresh_data<A>();
        }
        const std::int64_t unit = std::min(piece_rows, rows) * block;
        const auto grain = std::max<std::int64_t>(1, piece / 2 / unit);
        parallel_for(outer * pieces * blocks, grain, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const std::int64_t column = i % blocks * block, m = i / blocks / pieces;
                const std::int64_t from = i / blocks % pieces * piece_rows;
                columns(x + (m * rows + from) * width + column, std::min(piece_rows, rows - from), width,
                        std::min(block, width - column), parts + i / blocks * width + column);
            }
        });
        if (pieces > 1) Folder<A, A, Op>::middle(parts, outer, pieces, width, out);
    }
};

/// The fold of x over the reduced axes: a flat tensor of A, the kept elements in order.
template <class T, class A, class Op>
[[nodiscard]] Tensor fold(const Tensor& x, const ReducedAxes& reduced) {
    AxisGroups groups(x.shape(), reduced);
    const auto size_now = [&] { return groups.product(groups.count); };
    const auto make = [](std::int64_t size) { return Tensor::uninitialized({size}, dtype_of<A>); };
    if (x.size() == 0) {
        std::int64_t size = 1;
        for (int k = 0; k < groups.count; ++k)
            if (!groups.group[k].reduced) size *= groups.group[k].length;
        Tensor out = make(size);
        std::fill_n(out.fresh_data<A>(), size, Op::identity);
        return out;
    }
    Tensor current = x;
    bool converted = false;
    const auto step = [&](std::int64_t size, auto&& run) {
        Tensor out = make(size);
        if (converted) {
            if constexpr (!std::is_same_v<T, A>) run(Folder<A, A, Op>{}, current.data<A>(), out.fresh_data<A>());
        }
        if (!converted || std::is_same_v<T, A>) run(Folder<T, A, Op>{}, current.data<T>(), out.fresh_data<A>());
        current = std::move(out);
        converted = true;
    };
    while (groups.count > 0) {
        AxisGroup& last = groups.group[groups.count - 1];
        if (last.reduced) {
            const std::int64_t count = last.length, outer = groups.product(--groups.count);
            step(outer, [&](auto folder, const auto* from, A* to) { folder.inner(from, outer, count, to); });
        } else if (groups.count > 1) {
            const std::int64_t width = last.length, rows = groups.group[groups.count - 2].length;
            const std::int64_t outer = groups.product(groups.count - 2);
            step(outer * width, [&](auto folder, const auto* from, A* to) { folder.middle(from, outer, rows, width, to); });
            groups.group[groups.count - 2] = {width, false};
            if (--groups.count > 1) {
                groups.group[groups.count - 2].length *= width;
                --groups.count;
            }
        } else {
            break;
        }
    }
    if (!converted)
        step(size_now(), [&](auto, const auto* from, A* to) {
            for (std::int64_t k = 0; k < size_now(); ++k) to[k] = fold_value<A>(from[k]);
        });
    return current;
}

}  // namespace cotangent::detail
