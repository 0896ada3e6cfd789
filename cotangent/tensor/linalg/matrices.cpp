#include "cotangent/tensor/linalg/matrices.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/transpose.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

void check_matrices(const char* op, const char* argument, const Tensor& x) {
    if (x.dtype() != Dtype::float32 && x.dtype() != Dtype::float64)
        throw DtypeError(fmt::format("{}: {} is {}, expected float32 or float64", op, argument, name(x.dtype())));
    if (x.rank() < 2)
        throw ShapeError(fmt::format("{}: {} has shape {}, expected [..., M, N]", op, argument, to_string(x.shape())));
}

void check_square(const char* op, const char* argument, const Tensor& x) {
    if (x.rank() >= 2) check_matrices(op, argument, x);
    if (x.rank() < 2 || x.length(-1) != x.length(-2))
        throw ShapeError(fmt::format("{}: {} has shape {}, expected [..., N, N]", op, argument, to_string(x.shape())));
}

void check_solve(const char* op, const Tensor& a, const Tensor& b) {
    check_square(op, "a", a);
    check_same_dtype(op, a.dtype(), b.dtype());
    const std::int64_t n = a.length(-1);
    if (b.rank() == 0 || b.length(b.rank() == 1 ? -1 : -2) != n)
        throw ShapeError(fmt::format("{}: b has shape {}, expected [{}] or [..., {}, K] for a {}", op, to_string(b.shape()),
                                     n, n, to_string(a.shape())));
}

double solve_flops(double times, const Tensor& a, const Tensor& b) {
    if (a.is_empty() || b.is_empty()) return 0;
    const auto n = static_cast<double>(a.length(-1)), columns = static_cast<double>(b.length(-1));
    return times * n * std::max(static_cast<double>(b.size()), static_cast<double>(a.size()) / n * columns);
}

Shape batch_of(const Tensor& x) { return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.rank() - 2))); }

Shape with_matrix(const Shape& batch, std::int64_t rows, std::int64_t columns) {
    Shape shape = batch;
    shape.push_back(rows);
    shape.push_back(columns);
    return shape;
}

std::vector<std::int64_t> places_in(const Shape& batch, const Shape& own) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(batch.size()));
    const auto strides = broadcast_strides(own, batch);
    for (std::int64_t i = 0; i < batch.size(); ++i) {
        std::int64_t rest = i, place = 0;
        for (int axis = batch.rank() - 1; axis >= 0; --axis) {
            place += rest % batch[axis] * strides[static_cast<std::size_t>(axis)];
            rest /= batch[axis];
        }
        places[static_cast<std::size_t>(i)] = place;
    }
    return places;
}

std::string matrix_name(const char* argument, const Shape& batch, std::int64_t i) {
    if (batch.rank() == 0) return argument;
    std::string indices;
    for (int axis = batch.rank() - 1; axis >= 0; --axis) {
        indices = indices.empty() ? std::to_string(i % batch[axis]) : std::to_string(i % batch[axis]) + ", " + indices;
        i /= batch[axis];
    }
    return fmt::format("{}[{}]", argument, indices);
}

Tensor transposed(const Tensor& x) { return swap_axes(x, -1, -2); }

Tensor symmetric_part(const Tensor& x) { return 0.5 * (x + transposed(x)); }

namespace {
constexpr std::int64_t block = 16;  // of both matrices in the cache

template <class F>
void for_each_block(std::int64_t rows, std::int64_t columns, const F& f) {
    for (std::int64_t i0 = 0; i0 < rows; i0 += block)
        for (std::int64_t j0 = 0; j0 < columns; j0 += block)
            for (std::int64_t i = i0; i < std::min(rows, i0 + block); ++i)
                for (std::int64_t j = j0; j < std::min(columns, j0 + block); ++j) f(i, j);
}
}  // namespace

template <class T>
void symmetrize(std::int64_t n, const T* from, T* to) {
    for_each_block(
        n, n, [&](std::int64_t i, std::int64_t j) { to[i * n + j] = T(0.5) * from[i * n + j] + T(0.5) * from[j * n + i]; });
}
template void symmetrize<float>(std::int64_t, const float*, float*);
template void symmetrize<double>(std::int64_t, const double*, double*);

template <class T>
void transpose_into(std::int64_t rows, std::int64_t columns, const T* from, T* to) {
    for_each_block(rows, columns, [&](std::int64_t i, std::int64_t j) { to[j * rows + i] = from[i * columns + j]; });
}
template void transpose_into<float>(std::int64_t, std::int64_t, const float*, float*);
template void transpose_into<double>(std::int64_t, std::int64_t, const double*, double*);

Tensor as_columns(const Tensor& x) { return x.rank() == 1 ? expand_dims(x, -1) : x; }

}  // namespace cotangent::detail
