// A product as BLIS makes it: b is packed in panels as wide as two registers, a in panels of 12 rows, and the innermost
// loop keeps a 12 x 2-register tile of c in registers.
//
// Why not OpenBLAS: its serial build takes work memory without a lock, so that two threads that multiply at once now and
// then share it and get wrong numbers (about one product in 20,000 in our measurement).
// Source: Van Zee, van de Geijn 2015, "BLIS: a framework for rapidly instantiating BLAS functionality".
#include "cotangent/tensor/kernels/packed_gemm.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/matrix_vector.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {
namespace {

// The purpose of a workspace.
struct Packed;

constexpr std::int64_t inner_block = 256, column_block = 256;

template <class T, int rows, int registers>
struct Tile {
    using L = Lanes<T>;
    static constexpr int width = registers * L::count;
    static constexpr std::int64_t row_block = 10 * rows;

    /// sum[i][j] = sum_k a[k][i] b[k][j]
    static void multiply(std::int64_t inner, const T* a, const T* b, T* sum) {
        L total[rows][registers];
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < registers; ++j) total[i][j] = L(0);
        for (std::int64_t k = 0; k < inner; ++k, a += rows, b += width) {
            L right[registers];
#pragma GCC unroll 4
            for (int j = 0; j < registers; ++j) right[j] = L::load(b + j * L::count);
#pragma GCC unroll 16
            for (int i = 0; i < rows; ++i) {
                const L left(a[i]);
#pragma GCC unroll 4
                for (int j = 0; j < registers; ++j) total[i][j] += left * right[j];
            }
        }
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
            for (int j = 0; j < registers; ++j) total[i][j].store(sum + i * width + j * L::count);
    }

    /// Panels of `wide` of the `count` lines that lie `across` apart, each line's elements `along` apart; short ones end in 0.
    template <int wide>
    static void pack(const T* from, std::int64_t count, std::int64_t across, std::int64_t length, std::int64_t along, T* to) {
        for (std::int64_t first = 0; first < count; first += wide) {
            const std::int64_t here = std::min<std::int64_t>(wide, count - first);
            const T* base = from + first * across;
            if (here < wide) std::fill_n(to, length * wide, T{});
            if (across == 1) {
                for (std::int64_t k = 0; k < length; ++k) {
                    const T* line = base + k * along;
                    T* at = to + k * wide;
                    if (here == wide)
                        for (int i = 0; i < wide; ++i) at[i] = line[i];
                    else
                        for (std::int64_t i = 0; i < here; ++i) at[i] = line[i];
                }
            } else {
                for (std::int64_t i = 0; i < here; ++i) {
                    const T* line = base + i * across;
                    for (std::int64_t k = 0; k < length; ++k) to[k * wide + i] = line[k * along];
                }
            }
            to += length * wide;
        }
    }

    static void run(const PackedGemm<T>& p) {
        const auto up = [](std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; };
        const std::int64_t deep = std::min(inner_block, p.inner), broad = up(std::min(column_block, p.columns), width);
        const std::int64_t tall = up(std::min(row_block, p.rows), rows);
        const auto bytes = static_cast<std::size_t>((deep * broad + deep * tall + rows * width) * static_cast<std::int64_t>(sizeof(T)));
        T* const packed_b = static_cast<T*>(workspace<Packed>().reserve(bytes));
        T* const tile = packed_b + deep * broad;
        T* const packed_a = tile + rows * width;
        for (std::int64_t column = 0; column < p.columns; column += column_block)
            for (std::int64_t k = 0; k < p.inner; k += inner_block) {
                const std::int64_t columns = std::min(column_block, p.columns - column), inner = std::min(inner_block, p.inner - k);
                pack<width>(p.b + k * p.b_row + column * p.b_column, columns, p.b_column, inner, p.b_row, packed_b);
                const bool adds = p.adds || k > 0;
                for (std::int64_t row = 0; row < p.rows; row += row_block) {
                    const std::int64_t count = std::min(row_block, p.rows - row);
                    pack<rows>(p.a + row * p.a_row + k * p.a_column, count, p.a_row, inner, p.a_column, packed_a);
                    for (std::int64_t j = 0; j < columns; j += width)
                        for (std::int64_t i = 0; i < count; i += rows) {
                            multiply(inner, packed_a + i * inner, packed_b + j * inner, tile);
                            const std::int64_t high = std::min<std::int64_t>(rows, count - i), across = std::min<std::int64_t>(width, columns - j);
                            T* to = p.c + (row + i) * p.c_row + column + j;
                            for (std::int64_t r = 0; r < high; ++r, to += p.c_row)
                                if (adds)
                                    for (std::int64_t s = 0; s < across; ++s) to[s] += p.scale * tile[r * width + s];
                                else
                                    for (std::int64_t s = 0; s < across; ++s) to[s] = p.scale * tile[r * width + s];
                        }
                }
            }
    }
};

/// So few rows or columns are vectors, one after the other.
constexpr std::int64_t few = 2;

}  // namespace

template <class T>
void PackedGemm<T>::run() const {
    if (rows * columns * inner <= 512) {  // not worth packing
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) {
                T sum = T{};
                for (std::int64_t k = 0; k < inner; ++k) sum += a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
                c[i * c_row + j] = adds ? c[i * c_row + j] + scale * sum : scale * sum;
            }
    } else if (rows <= few && (b_row == 1 || b_column == 1)) {
        for (std::int64_t i = 0; i < rows; ++i)
            MatrixVector<T>{columns, inner, b, b_column, b_row, a + i * a_row, a_column, c + i * c_row, 1, adds, scale}.run();
    } else if (columns <= few && (a_row == 1 || a_column == 1)) {
        for (std::int64_t j = 0; j < columns; ++j)
            MatrixVector<T>{rows, inner, a, a_row, a_column, b + j * b_column, b_row, c + j, c_row, adds, scale}.run();
    } else if (columns <= Lanes<T>::count) {
        Tile<T, 12, 1>::run(*this);
    } else {
        Tile<T, 12, 2>::run(*this);
    }
}

template struct PackedGemm<float>;
template struct PackedGemm<double>;

}  // namespace cotangent::detail
