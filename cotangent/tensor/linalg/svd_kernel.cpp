#include "cotangent/tensor/linalg/svd_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cotangent/tensor/linalg/lapack.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"

namespace cotangent::detail {

template <class T>
SvdKernel<T>::SvdKernel(std::int64_t rows, std::int64_t columns)
    : rows_(rows), columns_(columns), least_(std::min(rows, columns)) {
    const int m = static_cast<int>(columns), n = static_cast<int>(rows), ld = std::max(1, m),
              ldvt = std::max(1, static_cast<int>(least_)), ask = -1;
    T size{};
    int info = 0;
    Lapack<T>::gesdd("S", &m, &n, nullptr, &ld, nullptr, nullptr, &ld, nullptr, &ldvt, &size, &ask, nullptr, &info, 1);
    work_size_ = work_size(size);
}

// LAPACK sees a^T = v s u^T, so it writes vt where it means u, and u where it means vt.
template <class T>
bool SvdKernel<T>::run(const T* a, T* s, T* u, T* vt) const {
    const std::int64_t size = rows_ * columns_;
    if (!std::all_of(a, a + size, [](T x) { return std::isfinite(x); })) return false;
    const int m = static_cast<int>(columns_), n = static_cast<int>(rows_), ld = std::max(1, m),
              ldvt = std::max(1, static_cast<int>(least_));
    std::vector<T> work(static_cast<std::size_t>(work_size_ + size));
    std::vector<int> integers(static_cast<std::size_t>(8 * least_));
    T* const copy = work.data() + work_size_;
    std::copy_n(a, size, copy);
    int info = 0;
    Lapack<T>::gesdd("S", &m, &n, copy, &ld, s, vt, &ld, u, &ldvt, work.data(), &work_size_, integers.data(), &info, 1);
    return info == 0;
}

template class SvdKernel<float>;
template class SvdKernel<double>;

}  // namespace cotangent::detail
