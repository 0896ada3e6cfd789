// A product as BLIS makes it: b is packed in panels as wide as two registers, and the innermost loop keeps a tile of c of
// that width in registers. Rows of a are read where they lie, and fetched a tile ahead; columns, and rows too few for a
// tile, are packed in panels.
//
// Why not OpenBLAS: its serial build takes work memory without a lock, so that two threads that multiply at once now and
// then share it and get wrong numbers (about one product in 20,000 in our measurement).
// Source: Van Zee, van de Geijn 2015, "BLIS: a framework for rapidly instantiating BLAS functionality".
#include "cotangent/tensor/kernels/packed_gemm.hpp"

#include <algorithm>
#include <cstring>

#include "cotangent/tensor/kernels/fetch.hpp"
#include "cotangent/tensor/kernels/matrix_vector.hpp"
#include "cotangent/tensor/kernels/product_tile.hpp"
#include "cotangent/tensor/kernels/transpose_block.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

// The purposes of workspaces.
struct Packed;
struct AllPacked;

constexpr std::int64_t inner_block = 256, column_block = 512;
constexpr std::int64_t piece_bytes = 128 << 10;  // of c, in rows that are used at once: it stays in the second cache
constexpr int tile_rows = lane_bytes == 64 ? 12 : 6;
/// Rows that lie this many bytes apart share one place of the first cache, which has fewer than a tile wants.
constexpr std::int64_t cache_way = 4096;

template <class T, int registers>
struct Product {
    using L = Lanes<T>;
    static constexpr int width = registers * L::count;
    static constexpr std::int64_t packed_rows = 24 * tile_rows;  // at a time
    static constexpr std::int64_t cache_line = 64 / sizeof(T);

    /// Panels of `wide` of the `count` lines that lie `across` apart, each line's elements `along` apart; 0 fills them up.
    template <int wide>
    static void pack(const T* from, std::int64_t count, std::int64_t across, std::int64_t length, std::int64_t along,
                     T* to) {
        if (across == 1) return pack_side_by_side<wide>(from, count, length, along, to);
        for (std::int64_t first = 0; first < count; first += wide) {
            const std::int64_t here = std::min<std::int64_t>(wide, count - first);
            const T* base = from + first * across;
            T* const panel = to + first * length;
            if (here < wide) std::fill_n(panel, length * wide, T{});
            if (along == 1 && sizeof(T) == 4) {
                transpose_block(panel, wide, base, across, length, here);
            } else {
                for (std::int64_t i = 0; i < here; ++i)
                    for (std::int64_t k = 0; k < length; ++k) panel[k * wide + i] = base[i * across + k * along];
            }
        }
    }

    /// The same of lines whose neighbours lie side by side: a few elements of all panels at a time, while the next are
    /// fetched.
    template <int wide>
    static void pack_side_by_side(const T* from, std::int64_t count, std::int64_t length, std::int64_t along, T* to) {
        constexpr std::int64_t few = 8;
        for (std::int64_t start = 0; start < length; start += few) {
            const std::int64_t end = std::min(start + few, length);
            for (std::int64_t first = 0; first < count; first += wide) {
                const std::int64_t here = std::min<std::int64_t>(wide, count - first);
                const T* line = from + first + start * along;
                T* at = to + first * length + start * wide;
                for (std::int64_t k = start; k < end; ++k, line += along, at += wide) {
                    fetch(line + few * along);
                    if (here == wide) {
                        std::memcpy(at, line, wide * sizeof(T));
                    } else {
                        std::fill_n(at, wide, T{});
                        std::copy_n(line, here, at);
                    }
                }
            }
        }
    }

    /// What a tile of a and a packed panel of b add to c. A function of its own, so that all its loop needs is in registers.
    template <bool is_packed>
    [[gnu::noinline]] static void tile(std::int64_t inner, const T* a, std::int64_t a_row, const T* panel, T* c,
                                       std::int64_t c_row, bool adds, T scale) {
        for (int r = 0; r < tile_rows; ++r) fetch(c + r * c_row);
        multiply_tile<T, tile_rows, registers>(inner, a, is_packed ? 1 : a_row, is_packed ? tile_rows : 1, panel, width,
                                               [=](std::int64_t r, std::int64_t s, L sum) {
                                                   T* const at = c + r * c_row + s;
                                                   (adds ? L::load(at) + sum * scale : sum * scale).store(at);
                                               });
    }

    /// What a block of b adds to some rows of c.
    struct Block {
        std::int64_t rows, columns, inner;
        const T* a;  // the rows that are read where they lie, `read` of them
        std::int64_t a_row, read;
        const T* packed_a;
        const T* b;  // what is still to be packed, or null
        std::int64_t b_row, b_column;
        T* packed_b;
        T* c;
        std::int64_t c_row;
        bool adds;
        T scale;
        std::int64_t lines = (inner + cache_line - 1) / cache_line;  // of a row
        std::int64_t panels = (columns + width - 1) / width;
        // Of each row of the tile below, what a tile fetches. Were it the only one, it would fetch all: too many at once.
        std::int64_t share = panels > 1 ? (lines + panels - 1) / panels : 0;

        void run() const {
            // Rows that lie far apart come once; packed ones are at hand for each panel of b.
            if (read > 0) run_row_by_row();
            else run_panel_by_panel();
        }

    private:
        void run_row_by_row() const {
            if (b) pack<width>(b, columns, b_column, inner, b_row, packed_b);
            for (std::int64_t i = 0; i < rows; i += tile_rows)
                for (std::int64_t j = 0; j < columns; j += width) {
                    if (i + tile_rows < read) fetch_below(i, j);
                    multiply(i, j);
                }
        }

        /// Each panel of b is packed when its turn comes, and fetched while the one before is multiplied.
        void run_panel_by_panel() const {
            const std::int64_t tiles = (rows + tile_rows - 1) / tile_rows, fetched_at_once = (inner + tiles - 1) / tiles;
            for (std::int64_t j = 0; j < columns; j += width) {
                const std::int64_t wide = std::min<std::int64_t>(width, columns - j);
                if (b) pack<width>(b + j * b_column, wide, b_column, inner, b_row, packed_b + j * inner);
                MatrixAhead<T> next;
                if (b && b_column == 1 && wide < columns - j)
                    next = {b + j + width, b_row, inner, std::min<std::int64_t>(width, columns - j - width)};
                for (std::int64_t i = 0, k = 0; i < rows; i += tile_rows, k += fetched_at_once) {
                    next.fetch_rows(k, k + fetched_at_once);
                    multiply(i, j);
                }
            }
        }

        void multiply(std::int64_t i, std::int64_t j) const {
            T* const to = c + i * c_row + j;
            const std::int64_t rows_left = rows - i, columns_left = columns - j;
            if (rows_left >= tile_rows && columns_left >= width) return multiply(i, j, to, c_row, adds, scale);
            T whole[tile_rows * width];
            multiply(i, j, whole, width, false, 1);
            for (std::int64_t r = 0; r < std::min<std::int64_t>(rows_left, tile_rows); ++r)
                for (std::int64_t s = 0; s < std::min<std::int64_t>(columns_left, width); s += L::count) {
                    T* const at = to + r * c_row + s;
                    const std::int64_t left = columns_left - s;
                    const L sum = L::load(whole + r * width + s);
                    if (left >= L::count) (adds ? L::load(at) + sum * scale : sum * scale).store(at);
                    else (adds ? L::load_part(at, left) + sum * scale : sum * scale).store_part(at, left);
                }
        }

        void multiply(std::int64_t i, std::int64_t j, T* to, std::int64_t to_row, bool is_added, T factor) const {
            const T* const panel = packed_b + j * inner;
            if (i < read) tile<false>(inner, a + i * a_row, a_row, panel, to, to_row, is_added, factor);
            else tile<true>(inner, packed_a + (i - read) * inner, 1, panel, to, to_row, is_added, factor);
        }

        /// A tile's share of the rows of the one below.
        void fetch_below(std::int64_t i, std::int64_t j) const {
            const T* const below = a + (i + tile_rows) * a_row;
            const std::int64_t first = j / width * share, last = std::min(first + share, lines);
            for (std::int64_t l = first; l < last; ++l)
                for (int r = 0; r < tile_rows; ++r) fetch(below + r * a_row + l * cache_line);
        }
    };

    [[nodiscard]] static std::int64_t rounded_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

    /// Rows of a that lie where they are read well; others are packed.
    [[nodiscard]] static bool are_rows_read(const PackedGemm<T>& p) {
        return p.a_column == 1 && p.a_row * static_cast<std::int64_t>(sizeof(T)) % cache_way != 0;
    }

    /// What elements [k, k + inner) of each row from `row` on add to c, of which the first is to[0], for some columns of b.
    /// These are at b, to be packed, or packed already, and b is null.
    static void multiply_rows(const PackedGemm<T>& p, std::int64_t row, std::int64_t rows, std::int64_t columns,
                              std::int64_t k, std::int64_t inner, const T* b, T* packed_b, T* packed_a, T* to,
                              std::int64_t to_row) {
        const T* const a = p.a + row * p.a_row + k * p.a_column;
        const std::int64_t read = are_rows_read(p) ? rows / tile_rows * tile_rows : 0;
        pack<tile_rows>(a + read * p.a_row, rows - read, p.a_row, inner, p.a_column, packed_a);
        Block{rows,       columns,  inner, a,      p.a_row,         read,   packed_a, b, p.b_row,
              p.b_column, packed_b, to,    to_row, p.adds || k > 0, p.scale}
            .run();
    }

    static void run(const PackedGemm<T>& p) {
        const std::int64_t deep = std::min(inner_block, p.inner),
                           broad = rounded_up(std::min(column_block, p.columns), width);
        const std::int64_t row_block = are_rows_read(p) ? p.rows : packed_rows;
        const std::int64_t tall = are_rows_read(p) ? tile_rows : rounded_up(std::min(packed_rows, p.rows), tile_rows);
        T* const packed_b =
            static_cast<T*>(workspace<Packed>().reserve(static_cast<std::size_t>(deep * (broad + tall)) * sizeof(T)));
        T* const packed_a = packed_b + deep * broad;
        for (std::int64_t column = 0; column < p.columns; column += column_block)
            for (std::int64_t k = 0; k < p.inner; k += inner_block) {
                const std::int64_t columns = std::min(column_block, p.columns - column),
                                   inner = std::min(inner_block, p.inner - k);
                const T* const b = p.b + k * p.b_row + column * p.b_column;
                for (std::int64_t row = 0; row < p.rows; row += row_block)
                    multiply_rows(p, row, std::min(row_block, p.rows - row), columns, k, inner, row == 0 ? b : nullptr,
                                  packed_b, packed_a, p.c + row * p.c_row + column, p.c_row);
            }
    }

    /// All of b is packed first, for all threads.
    static void run_by_rows(const PackedGemm<T>& p, const typename PackedGemm<T>::UseRows& use) {
        const std::int64_t broad = rounded_up(p.columns, width), deep = std::min(inner_block, p.inner);
        const std::int64_t most =
            std::max<std::int64_t>(1, piece_bytes / (p.columns * static_cast<std::int64_t>(sizeof(T))));
        const std::int64_t pieces = (p.rows + most - 1) / most;
        const std::int64_t tall = rounded_up((p.rows + pieces - 1) / pieces, tile_rows);
        T* const packed_b =
            static_cast<T*>(workspace<AllPacked>().reserve(static_cast<std::size_t>(broad * p.inner) * sizeof(T)));
        for (std::int64_t k = 0; k < p.inner; k += inner_block)
            pack<width>(p.b + k * p.b_row, p.columns, p.b_column, std::min(inner_block, p.inner - k), p.b_row,
                        packed_b + k * broad);
        parallel_for(p.rows, tall, [&](std::int64_t first, std::int64_t last) {
            T* const packed_a = static_cast<T*>(
                workspace<Packed>().reserve(static_cast<std::size_t>(tall * (deep + p.columns)) * sizeof(T)));
            T* const to = p.c ? p.c + first * p.columns : packed_a + tall * deep;
            for (std::int64_t k = 0; k < p.inner; k += inner_block)
                multiply_rows(p, first, last - first, p.columns, k, std::min(inner_block, p.inner - k), nullptr,
                              packed_b + k * broad, packed_a, to, p.columns);
            use(first, last, to);
        });
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
    } else {
        run_in_tiles();
    }
}

template <class T>
void PackedGemm<T>::run_in_tiles() const {
    if (columns <= Lanes<T>::count) Product<T, 1>::run(*this);
    else Product<T, 2>::run(*this);
}

template <class T>
void PackedGemm<T>::run_by_rows(const UseRows& use) const {
    Product<T, 2>::run_by_rows(*this, use);
}

template struct PackedGemm<float>;
template struct PackedGemm<double>;

}  // namespace cotangent::detail
