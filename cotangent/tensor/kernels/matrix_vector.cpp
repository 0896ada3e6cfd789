// Sums are in an order that depends on the shape alone.
#include "cotangent/tensor/kernels/matrix_vector.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {
namespace {

// The purpose of a workspace.
struct DenseVectors;

/// Rows are contiguous: four dot products at a time, each in one register.
template <class T>
void multiply_rows(const MatrixVector<T>& p, const T* x, T* y) {
    using L = Lanes<T>;
    constexpr std::int64_t together = 4;
    const std::int64_t whole = p.inner / L::count * L::count;
    for (std::int64_t i = 0; i < p.rows; i += together) {
        const std::int64_t here = std::min(together, p.rows - i);
        const T* line[together];
        for (std::int64_t r = 0; r < together; ++r) line[r] = p.matrix + (i + std::min(r, here - 1)) * p.row;
        L total[together] = {L(0), L(0), L(0), L(0)};
        for (std::int64_t k = 0; k < whole; k += L::count) {
            const L right = L::load(x + k);
            for (std::int64_t r = 0; r < together; ++r) total[r] += L::load(line[r] + k) * right;
        }
        for (std::int64_t r = 0; r < here; ++r) {
            T sum{};
            for (int j = 0; j < L::count; ++j) sum += total[r].v[j];
            for (std::int64_t k = whole; k < p.inner; ++k) sum += line[r][k] * x[k];
            y[i + r] = sum;
        }
    }
}

/// Columns are contiguous: four of them are added to a piece of y that stays in the cache.
template <class T>
void multiply_columns(const MatrixVector<T>& p, const T* x, T* y) {
    using L = Lanes<T>;
    constexpr std::int64_t piece = 1024, together = 4;
    std::fill_n(y, p.rows, T{});
    for (std::int64_t first = 0; first < p.rows; first += piece) {
        const std::int64_t count = std::min(piece, p.rows - first), whole = count / L::count * L::count;
        T* to = y + first;
        for (std::int64_t k = 0; k < p.inner; k += together) {
            const std::int64_t here = std::min(together, p.inner - k);
            const T* line[together];
            T factor[together];
            for (std::int64_t c = 0; c < together; ++c) {
                line[c] = p.matrix + first + (k + std::min(c, here - 1)) * p.column;
                factor[c] = c < here ? x[k + c] : T{};
            }
            if (here < together) {  // no product with what is not there: it may be infinite
                for (std::int64_t c = 0; c < here; ++c)
                    for (std::int64_t i = 0; i < count; ++i) to[i] += line[c][i] * factor[c];
                continue;
            }
            for (std::int64_t i = 0; i < whole; i += L::count) {
                L sum = L::load(to + i);
                for (std::int64_t c = 0; c < together; ++c) sum += L::load(line[c] + i) * L(factor[c]);
                sum.store(to + i);
            }
            for (std::int64_t i = whole; i < count; ++i)
                for (std::int64_t c = 0; c < together; ++c) to[i] += line[c][i] * factor[c];
        }
    }
}

}  // namespace

template <class T>
void MatrixVector<T>::run() const {
    T* const space = static_cast<T*>(workspace<DenseVectors>().reserve(static_cast<std::size_t>(rows + inner) * sizeof(T)));
    T* const result = space + inner;
    const T* dense = x;
    if (x_step != 1) {
        for (std::int64_t k = 0; k < inner; ++k) space[k] = x[k * x_step];
        dense = space;
    }
    if (column == 1) multiply_rows(*this, dense, result);
    else multiply_columns(*this, dense, result);
    for (std::int64_t i = 0; i < rows; ++i) y[i * y_step] = adds ? y[i * y_step] + scale * result[i] : scale * result[i];
}

template struct MatrixVector<float>;
template struct MatrixVector<double>;

}  // namespace cotangent::detail
