// A product as BLIS makes it: b is packed in panels as wide as two registers, and the innermost loop keeps a tile of c of
// that width in registers. Rows of a are read where they lie; columns, and rows too few for a tile, are packed in panels.
//
// Why not OpenBLAS: its serial build takes work memory without a lock, so that two threads that multiply at once now and
// then share it and get wrong numbers (about one product in 20,000 in our measurement).
// Source: Van Zee, van de Geijn 2015, "BLIS: a framework for rapidly instantiating BLAS functionality".
#include "cotangent/tensor/kernels/packed_gemm.hpp"

#include <algorithm>

#include "cotangent/tensor/kernels/matrix_vector.hpp"
#include "cotangent/tensor/kernels/product_tile.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {
namespace {

// The purpose of a workspace.
struct Packed;

constexpr std::int64_t inner_block = 256, column_block = 256;
constexpr int tile_rows = lane_bytes == 64 ? 12 : 6;
// Rows that lie this many bytes apart share one place of the first cache, which has fewer than a tile wants.
constexpr std::int64_t cache_way = 4096;

template <class T, int registers>
struct Product {
    using L = Lanes<T>;
    static constexpr int width = registers * L::count;
    static constexpr std::int64_t row_block = 10 * tile_rows;

    /// Panels of `wide` of the `count` lines that lie `across` apart, each line's elements `along` apart; 0 fills them up.
    template <int wide>
    static void pack(const T* from, std::int64_t count, std::int64_t across, std::int64_t length, std::int64_t along,
                     T* to) {
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

    /// to[j] = scale * sum, or added to what is there, for the lanes before `left`.
    static void put(const PackedGemm<T>& p, bool adds, L sum, T* to, std::int64_t left) {
        if (left >= L::count) (adds ? L::load(to) + sum * p.scale : sum * p.scale).store(to);
        else if (left > 0) (adds ? L::load_part(to, left) + sum * p.scale : sum * p.scale).store_part(to, left);
    }

    static void run(const PackedGemm<T>& p) {
        const auto up = [](std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; };
        const std::int64_t deep = std::min(inner_block, p.inner), broad = up(std::min(column_block, p.columns), width);
        const std::int64_t tall = up(std::min(row_block, p.rows), tile_rows);
        T* const packed_b =
            static_cast<T*>(workspace<Packed>().reserve(static_cast<std::size_t>(deep * (broad + tall)) * sizeof(T)));
        T* const packed_a = packed_b + deep * broad;
        const bool are_rows_read = p.a_column == 1 && p.a_row * static_cast<std::int64_t>(sizeof(T)) % cache_way != 0;
        for (std::int64_t column = 0; column < p.columns; column += column_block)
            for (std::int64_t k = 0; k < p.inner; k += inner_block) {
                const std::int64_t columns = std::min(column_block, p.columns - column),
                                   inner = std::min(inner_block, p.inner - k);
                pack<width>(p.b + k * p.b_row + column * p.b_column, columns, p.b_column, inner, p.b_row, packed_b);
                for (std::int64_t row = 0; row < p.rows; row += row_block) {
                    const std::int64_t count = std::min(row_block, p.rows - row);
                    const T* const a = p.a + row * p.a_row + k * p.a_column;
                    const std::int64_t read = are_rows_read ? count / tile_rows * tile_rows : 0;
                    pack<tile_rows>(a + read * p.a_row, count - read, p.a_row, inner, p.a_column, packed_a);
                    const auto tile = [&](std::int64_t i, std::int64_t j) {
                        T* const to = p.c + (row + i) * p.c_row + column + j;
                        const auto keep = [&](std::int64_t r, std::int64_t s, L sum) {
                            if (i + r < count) put(p, p.adds || k > 0, sum, to + r * p.c_row + s, columns - j - s);
                        };
                        const T* const b = packed_b + j * inner;
                        if (i < read)
                            multiply_tile<T, tile_rows, registers>(inner, a + i * p.a_row, p.a_row, 1, b, width, keep);
                        else
                            multiply_tile<T, tile_rows, registers>(inner, packed_a + (i - read) * inner, 1, tile_rows, b,
                                                                   width, keep);
                    };
                    // Rows that lie far apart come once; packed ones are at hand for each panel of b.
                    if (read > 0)
                        for (std::int64_t i = 0; i < count; i += tile_rows)
                            for (std::int64_t j = 0; j < columns; j += width) tile(i, j);
                    else
                        for (std::int64_t j = 0; j < columns; j += width)
                            for (std::int64_t i = 0; i < count; i += tile_rows) tile(i, j);
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
            MatrixVector<T>{columns, inner, b, b_column, b_row, a + i * a_row, a_column, c + i * c_row, 1, adds, scale}
                .run();
    } else if (columns <= few && (a_row == 1 || a_column == 1)) {
        for (std::int64_t j = 0; j < columns; ++j)
            MatrixVector<T>{rows, inner, a, a_row, a_column, b + j * b_column, b_row, c + j, c_row, adds, scale}.run();
    } else if (columns <= Lanes<T>::count) {
        Product<T, 1>::run(*this);
    } else {
        Product<T, 2>::run(*this);
    }
}

template struct PackedGemm<float>;
template struct PackedGemm<double>;

}  // namespace cotangent::detail
