// A thread takes a head: it packs the keys and values, then goes through the queries in blocks of as many rows as a tile
// has. Scores, softmax and the sum of values of a block follow each other, so they never leave the first cache. Meanwhile
// the same rows of its next head are fetched.
// The way back does the same with the weights at hand; dk and dv are sums over queries, made for a panel of them at a time.
// Heads that threads do not share evenly are cut into some queries each. The way back then has two parts: by queries, which
// keeps the cotangents of all scores, and then by keys.
//
// Idea: Dao et al. 2022, "FlashAttention", arXiv:2205.14135. Here the weights are kept: they are small beside the way there.
#include "cotangent/tensor/kernels/attention.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "cotangent/tensor/kernels/fetch.hpp"
#include "cotangent/tensor/kernels/product_tile.hpp"
#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

// The purpose of a workspace.
struct Attention;

constexpr double piece_flops = 3e6;                // some 25 us of work: waking a thread takes about 10
constexpr std::int64_t panel = 64;                 // queries whose part of dk and dv is added up at once
constexpr std::int64_t largest_head = 512 << 10;   // bytes: half of a small second cache
constexpr std::int64_t largest_ahead = 128 << 10;  // bytes of a head that is fetched while another is worked on
constexpr int tile_rows = lane_bytes == 64 ? 8 : 4;

template <class T>
struct Kernel {
    using L = Lanes<T>;
    static constexpr std::int64_t lanes = L::count;
    static constexpr T lowest = -std::numeric_limits<T>::infinity();

    [[nodiscard]] static std::int64_t padded(std::int64_t n) { return (n + lanes - 1) / lanes * lanes; }

    template <int registers, class Put>
    static void column(std::int64_t rows, std::int64_t inner, const T* a, std::int64_t a_row, std::int64_t a_inner,
                       const T* b, std::int64_t b_row, const Put& put) {
        std::int64_t i = 0;
        for (; i + tile_rows <= rows; i += tile_rows)
            multiply_tile<T, tile_rows, registers>(inner, a + i * a_row, a_row, a_inner, b, b_row,
                                                   [&](std::int64_t r, std::int64_t j, L value) { put(i + r, j, value); });
        for (; i < rows; ++i)
            multiply_tile<T, 1, registers>(inner, a + i * a_row, a_row, a_inner, b, b_row,
                                           [&](std::int64_t, std::int64_t j, L value) { put(i, j, value); });
    }

    /// put(i, j, lanes of sum_k a[i * a_row + k * a_inner] b[k * b_row + j]) for all rows and columns, these to whole
    /// registers.
    template <class Put>
    static void product(std::int64_t rows, std::int64_t columns, std::int64_t inner, const T* a, std::int64_t a_row,
                        std::int64_t a_inner, const T* b, std::int64_t b_row, const Put& put) {
        std::int64_t j = 0;
        const auto from_j = [&](std::int64_t i, std::int64_t right, L value) { put(i, j + right, value); };
        for (; j + 2 * lanes <= columns; j += 2 * lanes) column<2>(rows, inner, a, a_row, a_inner, b + j, b_row, from_j);
        if (j < columns) column<1>(rows, inner, a, a_row, a_inner, b + j, b_row, from_j);
    }

    /// What is beyond `left` loads as zero, and is not stored.
    static L load(const T* from, std::int64_t left) { return left >= lanes ? L::load(from) : L::load_part(from, left); }
    static void store(L value, T* to, std::int64_t left) {
        if (left >= lanes) value.store(to);
        else value.store_part(to, left);
    }
    /// The lanes before `count`, and `fill` in the others.
    static L before(L value, std::int64_t count, T fill) {
        const Mask<T> is_there{lane_numbers<typename L::IntegerVector, L::count>() <
                               static_cast<typename L::Integer>(count)};
        return select(is_there, value, L(fill));
    }

    /// Rows of whole registers one after another: as they lie, where they do so and `scale` is 1. Rows far apart share
    /// places of the first cache, which has too few for them.
    struct Rows {
        const T* data;
        std::int64_t step;
        std::int64_t first = 0;  ///< the number of the one at data

        [[nodiscard]] const T* row(std::int64_t i) const { return data + (i - first) * step; }
    };
    static Rows whole_rows(const T* from, std::int64_t step, std::int64_t rows, std::int64_t width, T scale, T* room) {
        const std::int64_t wide = padded(width);
        if (wide == width && scale == 1 && step == width) return {from, step};
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < wide; j += lanes)
                (load(from + i * step + j, width - j) * scale).store(room + i * wide + j);
        return {room, wide};
    }
    /// [width, rows], filled up with zeros.
    static Rows across(const T* from, std::int64_t step, std::int64_t rows, std::int64_t width, T* room) {
        const std::int64_t wide = padded(rows);
        strided_copy({width, rows}, sizeof(T), reinterpret_cast<std::byte*>(room), {wide, 1},
                     reinterpret_cast<const std::byte*>(from), {1, step});
        for (std::int64_t j = 0; j < width; ++j) std::fill(room + j * wide + rows, room + (j + 1) * wide, T{});
        return {room, wide};
    }

    /// Softmax of the scores of `rows` queries from `first` on, in place: of those that a query sees, zeros up to `end`. The
    /// weights go to p as well, if there is one. Each pass takes all rows: what is one after the other in a row need not
    /// wait.
    static void softmax(const AttentionProblem& n, std::int64_t first, std::int64_t rows, std::int64_t end, T* scores,
                        std::int64_t step, const T* mask, T* p) {
        std::array<L, tile_rows> top, scale;
        for (std::int64_t r = 0; r < rows; ++r, scores += step) {
            const std::int64_t seen = n.seen[static_cast<std::size_t>(first + r)];
            const T* const added = mask ? mask + (first + r) * n.keys : nullptr;
            L most(lowest);
            const auto keep = [&](L score, std::int64_t j) {
                score.store(scores + j);
                most = maximum(most, score);
            };
            std::int64_t j = 0;
            for (; j + lanes <= seen; j += lanes)
                keep(added ? L::load(scores + j) + L::load(added + j) : L::load(scores + j), j);
            if (j < seen) {
                const L score = L::load(scores + j);
                keep(before(added ? score + L::load_part(added + j, seen - j) : score, seen - j, lowest), j);
                j += lanes;
            }
            for (; j < end; j += lanes) L(lowest).store(scores + j);
            top[static_cast<std::size_t>(r)] = L(max_of(most));
        }
        scores -= rows * step;
        for (std::int64_t r = 0; r < rows; ++r, scores += step) {
            L total(0);
            for (std::int64_t j = 0; j < end; j += lanes) {
                const L e = exp(L::load(scores + j) - top[static_cast<std::size_t>(r)]);
                total += e;
                e.store(scores + j);
            }
            scale[static_cast<std::size_t>(r)] = L(1 / sum_of(total));
        }
        scores -= rows * step;
        for (std::int64_t r = 0; r < rows; ++r, scores += step) {
            T* const to = p ? p + (first + r) * n.keys : nullptr;
            for (std::int64_t j = 0; j < end; j += lanes) {
                const L weight = L::load(scores + j) * scale[static_cast<std::size_t>(r)];
                weight.store(scores + j);
                if (to) store(weight, to + j, n.keys - j);
            }
            if (to && end < n.keys) std::fill(to + end, to + n.keys, T{});
        }
    }

    static std::int64_t most_seen(const AttentionProblem& n, std::int64_t first, std::int64_t last) {
        return *std::max_element(n.seen.begin() + first, n.seen.begin() + last);
    }

    /// Of queries [first, last).
    static void forward(const AttentionProblem& n, std::int64_t first, std::int64_t last, const T* q, const T* k, const T* v,
                        const T* mask, T* p, T* o, std::span<const MatrixAhead<T>> next) {
        const std::int64_t keys = padded(n.keys), depth = padded(n.depth), width = padded(n.width), count = last - first;
        T* const room = static_cast<T*>(workspace<Attention>().reserve(
            static_cast<std::size_t>(count * depth + keys * (n.depth + width + tile_rows)) * sizeof(T)));
        T* const scores = room + count * depth + keys * (n.depth + width);
        const Rows queries = whole_rows(q + first * n.q.step, n.q.step, count, n.depth, static_cast<T>(n.scale), room);
        const Rows keys_across = across(k, n.k.step, n.keys, n.depth, room + count * depth);
        const Rows values = whole_rows(v, n.v.step, n.keys, n.width, 1, room + count * depth + keys * n.depth);
        for (std::int64_t t = first; t < last; t += tile_rows) {
            const std::int64_t rows = std::min<std::int64_t>(tile_rows, last - t);
            for (const auto& matrix : next) matrix.fetch_rows(t, t + rows);
            const std::int64_t seen = most_seen(n, t, t + rows), end = padded(seen);
            product(rows, end, n.depth, queries.row(t - first), queries.step, 1, keys_across.data, keys_across.step,
                    [&](std::int64_t i, std::int64_t j, L value) { value.store(scores + i * keys + j); });
            softmax(n, t, rows, end, scores, keys, mask, p);
            product(rows, width, seen, scores, keys, 1, values.data, values.step,
                    [&](std::int64_t i, std::int64_t j, L value) { store(value, o + (t + i) * n.o.step + j, n.width - j); });
        }
    }

    /// From g v' to the cotangent of the scores, in place, and zeros up to `end`: of `rows` queries from `first` on, whose
    /// weights are at p.
    static void softmax_gradient(const AttentionProblem& n, std::int64_t first, std::int64_t rows, std::int64_t end,
                                 T* scores, const T* p, std::int64_t p_step) {
        std::array<L, tile_rows> total;
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t seen = n.seen[static_cast<std::size_t>(first + r)];
            L sum(0);
            for (std::int64_t j = 0; j < seen; j += lanes)
                sum += before(L::load(p + r * p_step + j) * L::load(scores + r * end + j), seen - j, 0);
            total[static_cast<std::size_t>(r)] = L(sum_of(sum));
        }
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t seen = n.seen[static_cast<std::size_t>(first + r)];
            T* const row = scores + r * end;
            std::int64_t j = 0;
            for (; j < seen; j += lanes)
                before(L::load(p + r * p_step + j) * (L::load(row + j) - total[static_cast<std::size_t>(r)]), seen - j, 0)
                    .store(row + j);
            std::fill(row + j, row + end, T{});
        }
    }

    /// What a head's matrices are on the way back, as they are worked with.
    struct Head {
        Rows queries, cotangents;  // times the scale; of the result
        Rows keys, values_across;
    };

    /// Of queries [first, last) the cotangents of the scores, to `scores` by padded(keys), and dq. `weights` are theirs.
    static void of_queries(const AttentionGradient& d, std::int64_t first, std::int64_t last, const Head& head,
                           const Rows& weights, T* scores, T* dq, std::span<const MatrixAhead<T>> next) {
        const AttentionProblem& n = d.problem;
        const std::int64_t keys = padded(n.keys);
        const T scale = static_cast<T>(n.scale);
        for (std::int64_t t = first; t < last; t += tile_rows) {
            const std::int64_t rows = std::min<std::int64_t>(tile_rows, last - t), seen = most_seen(n, t, t + rows);
            for (const auto& matrix : next) matrix.fetch_rows(t, t + rows);
            T* const here = scores + (t - first) * keys;
            product(rows, padded(seen), n.width, head.cotangents.row(t), head.cotangents.step, 1, head.values_across.data,
                    head.values_across.step,
                    [&](std::int64_t i, std::int64_t j, L value) { value.store(here + i * keys + j); });
            softmax_gradient(n, t, rows, keys, here, weights.row(t - first), weights.step);
            product(rows, padded(n.depth), seen, here, keys, 1, head.keys.data, head.keys.step,
                    [&](std::int64_t i, std::int64_t j, L value) {
                        store(value * scale, dq + (t + i) * d.dq.step + j, n.depth - j);
                    });
        }
    }

    /// What queries [first, last) add to dk and dv of keys [from, to); the first queries of all begin them.
    static void of_keys(const AttentionGradient& d, std::int64_t first, std::int64_t last, std::int64_t from,
                        std::int64_t to, const Head& head, const Rows& weights, const T* scores, T* dk, T* dv,
                        std::span<const MatrixAhead<T>> next) {
        const AttentionProblem& n = d.problem;
        const std::int64_t keys = padded(n.keys);
        const auto add = [&](L value, T* at, std::int64_t left) {
            store(first > 0 ? load(at, left) + value : value, at, left);
        };
        for (std::int64_t s = from; s < to; s += tile_rows) {
            const std::int64_t rows = std::min<std::int64_t>(tile_rows, to - s);
            for (const auto& matrix : next) matrix.fetch_rows(s, s + rows);
            std::int64_t start = first;  // queries before this one do not see these keys
            while (start < last && n.seen[static_cast<std::size_t>(start)] <= s) ++start;
            product(rows, padded(n.depth), last - start, scores + (start - first) * keys + s, 1, keys,
                    head.queries.row(start), head.queries.step,
                    [&](std::int64_t i, std::int64_t j, L value) { add(value, dk + (s + i) * d.dk.step + j, n.depth - j); });
            product(rows, padded(n.width), last - start, weights.row(start - first) + s, 1, weights.step,
                    head.cotangents.row(start), head.cotangents.step,
                    [&](std::int64_t i, std::int64_t j, L value) { add(value, dv + (s + i) * d.dv.step + j, n.width - j); });
        }
    }

    static void backward(const AttentionGradient& d, const T* p, const T* q, const T* k, const T* v, const T* g, T* dq,
                         T* dk, T* dv, std::span<const MatrixAhead<T>> next_inputs,
                         std::span<const MatrixAhead<T>> next_results) {
        const AttentionProblem& n = d.problem;
        const std::int64_t keys = padded(n.keys), depth = padded(n.depth), width = padded(n.width);
        const std::int64_t most_rows = std::min(panel, n.queries);
        T* const scores = static_cast<T*>(workspace<Attention>().reserve(
            static_cast<std::size_t>(2 * most_rows * keys + n.queries * (depth + width) + keys * (depth + n.width)) *
            sizeof(T)));
        T* const weight_room = scores + most_rows * keys;
        T* room = weight_room + most_rows * keys;
        Head head{};
        head.queries = whole_rows(q, n.q.step, n.queries, n.depth, static_cast<T>(n.scale), room);
        head.cotangents = whole_rows(g, n.o.step, n.queries, n.width, 1, room += n.queries * depth);
        head.keys = whole_rows(k, n.k.step, n.keys, n.depth, 1, room += n.queries * width);
        head.values_across = across(v, n.v.step, n.keys, n.width, room += keys * depth);
        for (std::int64_t first = 0; first < n.queries; first += panel) {
            const std::int64_t last = std::min(first + panel, n.queries);
            const Rows weights = whole_rows(p + first * n.keys, n.keys, last - first, n.keys, 1, weight_room);
            of_queries(d, first, last, head, weights, scores, dq, next_inputs);
            of_keys(d, first, last, 0, n.keys, head, weights, scores, dk, dv, next_results);
        }
    }

    /// backward() in two parts, for threads that share a head: this one for queries [first, last), whose cotangents of
    /// scores go to `scores`, ...
    static void backward_of_queries(const AttentionGradient& d, std::int64_t first, std::int64_t last, const T* p,
                                    const T* k, const T* v, const T* g, T* scores, T* dq) {
        const AttentionProblem& n = d.problem;
        const std::int64_t keys = padded(n.keys), depth = padded(n.depth), width = padded(n.width), count = last - first;
        T* room = static_cast<T*>(workspace<Attention>().reserve(
            static_cast<std::size_t>(count * (keys + width) + keys * (depth + n.width)) * sizeof(T)));
        const Rows weights = whole_rows(p + first * n.keys, n.keys, count, n.keys, 1, room);
        Head head{};
        head.cotangents = whole_rows(g + first * n.o.step, n.o.step, count, n.width, 1, room += count * keys);
        head.cotangents.first = first;
        head.keys = whole_rows(k, n.k.step, n.keys, n.depth, 1, room += count * width);
        head.values_across = across(v, n.v.step, n.keys, n.width, room += keys * depth);
        of_queries(d, first, last, head, weights, scores, dq, {});
    }
    /// ... and then this one for keys [from, to), with the cotangents of all scores.
    static void backward_of_keys(const AttentionGradient& d, std::int64_t from, std::int64_t to, const T* p, const T* q,
                                 const T* g, const T* scores, T* dk, T* dv) {
        const AttentionProblem& n = d.problem;
        const std::int64_t keys = padded(n.keys), depth = padded(n.depth), width = padded(n.width);
        T* const room = static_cast<T*>(
            workspace<Attention>().reserve(static_cast<std::size_t>(n.queries * (depth + width)) * sizeof(T)));
        Head head{};
        head.queries = whole_rows(q, n.q.step, n.queries, n.depth, static_cast<T>(n.scale), room);
        head.cotangents = whole_rows(g, n.o.step, n.queries, n.width, 1, room + n.queries * depth);
        for (std::int64_t first = 0; first < n.queries; first += panel)
            of_keys(d, first, std::min(first + panel, n.queries), from, to, head, {p + first * n.keys, n.keys},
                    scores + first * keys, dk, dv, {});
    }
};

/// Of scores, and of their sum of values.
double flops_of_head(const AttentionProblem& n) {
    return 2 * static_cast<double>(n.queries) * static_cast<double>(n.keys) * static_cast<double>(n.depth + n.width);
}

/// One of many matrices.
template <class T>
MatrixAhead<T> ahead_of(const MatrixRows& matrices, const T* data, std::size_t head, std::int64_t rows, std::int64_t width) {
    return {data + matrices.starts[head], matrices.step, rows, width};
}

/// Calls f(head, next) for each, on all threads; next is the one that comes after it on this thread, if it stays in the
/// second cache beside this one until then, or -1.
template <class T, class F>
void for_heads(const AttentionProblem& n, double flops, const F& f) {
    const std::int64_t elements = (n.queries + n.keys) * (n.depth + n.width) + n.queries * n.keys;
    const bool fetches = elements * static_cast<std::int64_t>(sizeof(T)) <= largest_ahead;
    const auto grain = std::max<std::int64_t>(1, static_cast<std::int64_t>(piece_flops / std::max(flops, 1.0)));
    parallel_for(n.heads(), grain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t head = first; head < last; ++head) f(head, fetches && head + 1 < last ? head + 1 : -1);
    });
}

/// Do threads share heads? They do where the last round of them, a head each, would leave many idle, and there is work for
/// more. It changes no bit of the results.
bool is_cut(const AttentionProblem& n) {
    const std::int64_t threads = thread_count(), places = (n.heads() + threads - 1) / threads * threads;
    const bool leaves_many_idle = n.heads() * 4 < places * 3;
    return leaves_many_idle && n.queries > panel && static_cast<double>(n.heads()) * flops_of_head(n) > piece_flops;
}

/// Calls f(head, first, last) for whole panels of each head's `count` queries or keys, on all threads: a few times for each,
/// because a piece packs what it reads of its head. The last rows come first where these have the most to do.
template <class F>
void for_pieces(const AttentionProblem& n, std::int64_t count, bool last_first, const F& f) {
    const std::int64_t panels = (count + panel - 1) / panel, wanted = (3 * thread_count() + n.heads() - 1) / n.heads();
    const std::int64_t rows = (panels + wanted - 1) / wanted * panel, pieces = (count + rows - 1) / rows;
    cotangent::parallel_pieces(pieces * n.heads(), [&](std::int64_t i) {
        const std::int64_t piece = last_first ? pieces - 1 - i / n.heads() : i / n.heads();
        f(static_cast<std::size_t>(i % n.heads()), piece * rows, std::min(count, (piece + 1) * rows));
    });
}

}  // namespace

bool pays(const AttentionProblem& n, std::int64_t size) {
    return n.keys * (n.depth + n.width) * size <= largest_head;  // every tile of queries goes through them
}

template <class T>
void attention(const AttentionProblem& n, const T* q, const T* k, const T* v, const T* mask, T* p, T* o) {
    const auto weights_of = [&](std::int64_t head) { return p ? p + head * n.queries * n.keys : nullptr; };
    if (is_cut(n)) {
        for_pieces(n, n.queries, true, [&](std::size_t at, std::int64_t first, std::int64_t last) {
            Kernel<T>::forward(n, first, last, q + n.q.starts[at], k + n.k.starts[at], v + n.v.starts[at], mask,
                               weights_of(static_cast<std::int64_t>(at)), o + n.o.starts[at], {});
        });
        return;
    }
    for_heads<T>(n, flops_of_head(n), [&](std::int64_t head, std::int64_t next) {
        std::array<MatrixAhead<T>, 5> ahead;
        if (next >= 0) {
            const auto at = static_cast<std::size_t>(next);
            ahead = {{ahead_of(n.q, q, at, n.queries, n.depth),
                      ahead_of(n.k, k, at, n.keys, n.depth),
                      ahead_of(n.v, v, at, n.keys, n.width),
                      ahead_of(n.o, o, at, n.queries, n.width),
                      {weights_of(next), n.keys, p ? n.queries : 0, n.keys}}};
        }
        const auto at = static_cast<std::size_t>(head);
        Kernel<T>::forward(n, 0, n.queries, q + n.q.starts[at], k + n.k.starts[at], v + n.v.starts[at], mask,
                           weights_of(head), o + n.o.starts[at], ahead);
    });
}

template <class T>
void attention_gradient(const AttentionGradient& d, const T* p, const T* q, const T* k, const T* v, const T* g, T* dq, T* dk,
                        T* dv) {
    const AttentionProblem& n = d.problem;
    const std::int64_t weights = n.queries * n.keys;
    if (is_cut(n)) {
        const std::int64_t keys = Kernel<T>::padded(n.keys);
        const Storage room(static_cast<std::size_t>(n.heads() * n.queries * keys) * sizeof(T));
        const auto scores_of = [&](std::size_t at) {
            return reinterpret_cast<T*>(room.data()) + static_cast<std::int64_t>(at) * n.queries * keys;
        };
        const auto weights_of = [&](std::size_t at) { return p + static_cast<std::int64_t>(at) * weights; };
        for_pieces(n, n.queries, true, [&](std::size_t at, std::int64_t first, std::int64_t last) {
            Kernel<T>::backward_of_queries(d, first, last, weights_of(at), k + n.k.starts[at], v + n.v.starts[at],
                                           g + n.o.starts[at], scores_of(at) + first * keys, dq + d.dq.starts[at]);
        });
        for_pieces(n, n.keys, false, [&](std::size_t at, std::int64_t from, std::int64_t to) {
            Kernel<T>::backward_of_keys(d, from, to, weights_of(at), q + n.q.starts[at], g + n.o.starts[at], scores_of(at),
                                        dk + d.dk.starts[at], dv + d.dv.starts[at]);
        });
        return;
    }
    for_heads<T>(n, 2 * flops_of_head(n), [&](std::int64_t head, std::int64_t next) {
        std::array<MatrixAhead<T>, 5> inputs;
        std::array<MatrixAhead<T>, 3> results;
        if (next >= 0) {
            const auto at = static_cast<std::size_t>(next);
            inputs = {{ahead_of(n.q, q, at, n.queries, n.depth),
                       ahead_of(n.k, k, at, n.keys, n.depth),
                       ahead_of(n.v, v, at, n.keys, n.width),
                       ahead_of(n.o, g, at, n.queries, n.width),
                       {p + next * weights, n.keys, n.queries, n.keys}}};
            results = {{ahead_of(d.dq, dq, at, n.queries, n.depth), ahead_of(d.dk, dk, at, n.keys, n.depth),
                        ahead_of(d.dv, dv, at, n.keys, n.width)}};
        }
        const auto at = static_cast<std::size_t>(head);
        Kernel<T>::backward(d, p + head * weights, q + n.q.starts[at], k + n.k.starts[at], v + n.v.starts[at],
                            g + n.o.starts[at], dq + d.dq.starts[at], dk + d.dk.starts[at], dv + d.dv.starts[at], inputs,
                            results);
    });
}

template void attention<float>(const AttentionProblem&, const float*, const float*, const float*, const float*, float*,
                               float*);
template void attention<double>(const AttentionProblem&, const double*, const double*, const double*, const double*, double*,
                                double*);
template void attention_gradient<float>(const AttentionGradient&, const float*, const float*, const float*, const float*,
                                        const float*, float*, float*, float*);
template void attention_gradient<double>(const AttentionGradient&, const double*, const double*, const double*,
                                         const double*, const double*, double*, double*, double*);

}  // namespace cotangent::detail
