#pragma once
#include <cstdint>
#include <vector>

namespace cotangent::detail {

/// Where many matrices lie: element [i, j] of matrix m is at starts[m] + i * step + j.
struct MatrixRows {
    std::vector<std::int64_t> starts;
    std::int64_t step = 0;
};

/// Attention of many heads, o = p v with p = softmax(scale q k' + mask): one matrix of each for a head.
/// A head's scores stay in the first caches, and what the mask leaves out at the end of a row is not computed.
struct AttentionProblem {
    std::int64_t queries = 0, keys = 0;
    std::int64_t depth = 0;  ///< of a query and a key
    std::int64_t width = 0;  ///< of a value
    double scale = 1;
    std::vector<std::int64_t> seen;  ///< for each query: the keys before this one; what comes after has weight 0. None is 0
    MatrixRows q, k, v, o;           ///< [queries, depth], [keys, depth], [keys, width], [queries, width]

    [[nodiscard]] std::int64_t heads() const { return static_cast<std::int64_t>(q.starts.size()); }
};

/// Is one op faster than the products and passes that make the same? `size` is that of an element, in bytes.
[[nodiscard]] bool pays(const AttentionProblem& problem, std::int64_t size);

/// On all threads; the order in which numbers are added depends on the problem alone.
/// @param mask  [queries, keys], added to the scores; null: nothing is
/// @param p     [heads, queries, keys], dense, the weights; null: nobody wants them
template <class T>
void attention(const AttentionProblem& problem, const T* q, const T* k, const T* v, const T* mask, T* p, T* o);

/// With g the cotangent of o, which lies as problem.o says: dv = p' g, dq = scale s k, dk = scale s' q,
/// where s = p (g v' - rowsum(p g v')). p is what attention() made: 0 where a query does not see a key.
struct AttentionGradient {
    AttentionProblem problem;
    MatrixRows dq, dk, dv;
};

template <class T>
void attention_gradient(const AttentionGradient& gradient, const T* p, const T* q, const T* k, const T* v, const T* g, T* dq,
                        T* dk, T* dv);

}  // namespace cotangent::detail
