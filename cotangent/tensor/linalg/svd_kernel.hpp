#pragma once
#include <cstdint>

namespace cotangent::detail {

/// Singular value decompositions of matrices [rows, columns], one after the other or on several threads.
template <class T>
class SvdKernel {
public:
    SvdKernel(std::int64_t rows, std::int64_t columns);

    /// a = u diag(s) vt, with K = min(rows, columns): u [rows, K], s [K] descending, vt [K, columns]. Returns whether there
    /// is one: false where an element is not finite, or the iteration does not end.
    [[nodiscard]] bool run(const T* a, T* s, T* u, T* vt) const;

private:
    std::int64_t rows_, columns_, least_;
    int work_size_ = 0;
};

}  // namespace cotangent::detail
