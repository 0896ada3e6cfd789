// Measured on Zen 4 (one core, float32, GFLOP/s, peak about 120):
//     shape                    OpenBLAS   dnnl_sgemm   oneDNN matmul
//     32 x 784 x 128               89         117          114
//     the same, b transposed       82         100          102
//     64 x 32 x 64, 64 of them    112          89          110
//     16 x 16 x 16                 68          22           23
// On a Xeon with AVX-512 (peak about 128): whole, and in 4 pieces cut down or in 2 x 2
//     1024 x 128 x 512                        131    130, 126      108
//     1024 x 384 x 128, b transposed          128    127, 125      115
//     512 x 1024 x 128, a transposed          123    118, 98        61
//     the same with operands from beyond the second cache: 60, and 77 made transposed, the transposition included
// On Zen 3 (32-byte registers, peak about 93), operands from beyond the second cache: sgemm, our own
//     1024 x 128 x 512, 1024 x 512 x 128      81, 80       86, 84
//     1024 x 512 x 128, b transposed          78           84
//     128 x 1024 x 512, a transposed          55           75
//     512 x 1024 x 128, a transposed          59           77
//     the same from the first cache up: 64 x 64 x 64 68, 56; 200 x 200 x 200 78, 75; 512 x 512 x 512 79, 85
// Ours were in four pieces there. In one, with panels of b packed in turn, the products of a step of GPT reach 0.85 of what a
// tile does in the first cache, not 0.78; with a transposed 0.79 to 0.84, not 0.69 to 0.75.
// dnnl_sgemm has single products of float32, oneDNN's matmul those of many matrices and of bfloat16; our own loops have float64,
// what is too small for oneDNN, and what is large where registers are of 32 bytes. packed_gemm.cpp says why OpenBLAS has none.
#include "cotangent/tensor/kernels/gemm.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/kernels/onednn.hpp"
#include "cotangent/tensor/kernels/packed_gemm.hpp"
#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/kernels/workspace.hpp"
#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/storage.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

// Purposes of workspaces.
struct DenseA;
struct DenseB;
struct DenseC;

constexpr double piece_flops = 3e6;     // some 25 us of work: waking a thread takes about 10
constexpr double split_flops = 20e6;    // of a piece, where there are more than two: each packs its operands anew
constexpr std::int64_t largest_b = 1 << 20, most_columns = 2048;  // bytes, and numbers, where rows are made in pieces
constexpr double large_flops = 256e6;   // a piece of a large product: cutting finer costs reading the operands again

/// A rectangle of one product, or of `count` products whose matrices lie at even strides.
struct Block {
    std::int64_t rows, columns, inner, count;
    std::int64_t lda, ldb, ldc, stride_a, stride_b, stride_c;
    bool transpose_a, transpose_b;
};

void copy_lines(std::int64_t lines, std::size_t bytes, const std::byte* from, std::int64_t from_step, std::byte* to, std::int64_t to_step) {
    for (std::int64_t i = 0; i < lines; ++i) std::memcpy(to + i * to_step, from + i * from_step, bytes);
}

/// oneDNN's fast kernels want dense matrices: a piece of a larger one is copied first, and out of the way afterwards.
void run_matmul(Dtype dtype, const Block& k, const void* a, const void* b, void* c);

void run_matmul_of_piece(Dtype dtype, Block k, const std::byte* a, const std::byte* b, std::byte* c) {
    const auto size = static_cast<std::int64_t>(size_of(dtype));
    const auto dense = [&](Workspace& space, bool transpose, std::int64_t rows, std::int64_t columns, std::int64_t& ld, const std::byte* from) {
        if (transpose) std::swap(rows, columns);
        if (ld == columns) return from;
        auto* to = static_cast<std::byte*>(space.reserve(static_cast<std::size_t>(rows * columns * size)));
        copy_lines(rows, static_cast<std::size_t>(columns * size), from, ld * size, to, columns * size);
        ld = columns;
        return static_cast<const std::byte*>(to);
    };
    a = dense(workspace<DenseA>(), k.transpose_a, k.rows, k.inner, k.lda, a);
    b = dense(workspace<DenseB>(), k.transpose_b, k.inner, k.columns, k.ldb, b);
    k.stride_a = k.stride_b = 0;
    k.stride_c = k.rows * k.columns;
    if (k.ldc == k.columns) return run_matmul(dtype, k, a, b, c);
    const std::int64_t ldc = std::exchange(k.ldc, k.columns);
    auto* computed = static_cast<std::byte*>(workspace<DenseC>().reserve(static_cast<std::size_t>(k.rows * k.columns * size)));
    run_matmul(dtype, k, a, b, computed);
    copy_lines(k.rows, static_cast<std::size_t>(k.columns * size), computed, k.columns * size, c, ldc * size);
}

void run_matmul(Dtype dtype, const Block& k, const void* a, const void* b, void* c) {
    thread_local PreparedCache<Primitive> cache;
    const auto type = onednn_type(dtype);
    const OneThread one_thread;
    Primitive& primitive = cache.find(
        Problem(dtype, k.rows, k.columns, k.inner, k.count, k.lda, k.ldb, k.ldc, k.stride_a, k.stride_b, k.stride_c,
                k.transpose_a, k.transpose_b),
        [&] {
            using Dims = dnnl::memory::dims;
            const auto strides = [](bool transpose, std::int64_t stride, std::int64_t ld, std::int64_t lines) {
                if (stride == 0) stride = ld * lines;  // one matrix for all products; other strides rule out fast kernels
                return transpose ? Dims{stride, 1, ld} : Dims{stride, ld, 1};
            };
            const dnnl::memory::desc desc_a({k.stride_a == 0 ? 1 : k.count, k.rows, k.inner}, type, strides(k.transpose_a, k.stride_a, k.lda, k.transpose_a ? k.inner : k.rows));
            const dnnl::memory::desc desc_b({k.stride_b == 0 ? 1 : k.count, k.inner, k.columns}, type, strides(k.transpose_b, k.stride_b, k.ldb, k.transpose_b ? k.columns : k.inner));
            const dnnl::memory::desc desc_c({k.count, k.rows, k.columns}, type, Dims{k.stride_c, k.ldc, 1});
            dnnl::primitive_attr attributes;
            attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
            const dnnl::matmul::primitive_desc desc({desc_a, desc_b, desc_c}, attributes, engine());
            Primitive made{dnnl::matmul(desc)};
            made.argument(DNNL_ARG_SRC, desc_a).argument(DNNL_ARG_WEIGHTS, desc_b).argument(DNNL_ARG_DST, desc_c);
            made.argument(DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc());
            return made;
        });
    primitive.point(DNNL_ARG_SRC, a).point(DNNL_ARG_WEIGHTS, b).point(DNNL_ARG_DST, c).run();
}

bool is_small(std::int64_t rows, std::int64_t columns, std::int64_t inner) { return rows * columns * inner < 24 * 24 * 24; }

bool is_large(std::int64_t rows, std::int64_t columns, std::int64_t inner) {
    return std::min(rows, columns) >= 64 && std::max(rows, columns) >= 128 && rows * columns * inner >= 1 << 23;
}

/// Are our own loops faster than sgemm?
bool prefers_own(std::int64_t rows, std::int64_t columns, std::int64_t inner) {
    return is_small(rows, columns, inner) || (lane_bytes == 32 && is_large(rows, columns, inner));
}

void run_block(Dtype dtype, const Block& k, const std::byte* a, const std::byte* b, std::byte* c) {
    const bool small = is_small(k.rows, k.columns, k.inner);
    if (dtype == Dtype::bfloat16 || (dtype == Dtype::float32 && !small && k.count > 1))
        return k.count > 1 ? run_matmul(dtype, k, a, b, c) : run_matmul_of_piece(dtype, k, a, b, c);
    const auto each = [&]<class T>(T) {
        for (std::int64_t i = 0; i < k.count; ++i)
            gemm_block<T>(k.transpose_a, k.transpose_b, k.rows, k.columns, k.inner, reinterpret_cast<const T*>(a) + i * k.stride_a,
                          k.lda, reinterpret_cast<const T*>(b) + i * k.stride_b, k.ldb, false, reinterpret_cast<T*>(c) + i * k.stride_c,
                          k.ldc);
    };
    dispatch_float(dtype, each);
}

/// Are all pieces of a product, or of each of many, made by our own tiles? Then it may be cut anywhere: its bits stay the same.
bool is_made_in_tiles(Dtype dtype, const GemmProblem& p) {
    const bool has_tiles = dtype == Dtype::float64 || (dtype == Dtype::float32 && lane_bytes == 32);
    return has_tiles && is_large(p.rows, p.columns, p.inner);
}

template <class T>
PackedGemm<T> packed(bool transpose_a, bool transpose_b, std::int64_t rows, std::int64_t columns, std::int64_t inner, const T* a,
                     std::int64_t lda, const T* b, std::int64_t ldb, bool adds, T* c, std::int64_t ldc) {
    return {rows, columns, inner, a, transpose_a ? 1 : lda, transpose_a ? lda : 1, b, transpose_b ? 1 : ldb,
            transpose_b ? ldb : 1, c, ldc, adds};
}

void run_in_tiles(Dtype dtype, const Block& k, const std::byte* a, const std::byte* b, std::byte* c) {
    dispatch_float(dtype, [&]<class T>(T) {
        packed(k.transpose_a, k.transpose_b, k.rows, k.columns, k.inner, reinterpret_cast<const T*>(a), k.lda,
               reinterpret_cast<const T*>(b), k.ldb, false, reinterpret_cast<T*>(c), k.ldc)
            .run_in_tiles();
    });
}

}  // namespace

template <class T>
void gemm_block(bool transpose_a, bool transpose_b, std::int64_t rows, std::int64_t columns, std::int64_t inner, const T* a,
                std::int64_t lda, const T* b, std::int64_t ldb, bool adds, T* c, std::int64_t ldc) {
    if constexpr (std::is_same_v<T, float>) {
        if (!prefers_own(rows, columns, inner)) {
            const OneThread one_thread;
            dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', rows, columns, inner, 1, a, lda, b, ldb, adds ? 1.0f : 0.0f, c, ldc);
            return;
        }
    }
    packed(transpose_a, transpose_b, rows, columns, inner, a, lda, b, ldb, adds, c, ldc).run();
}

template void gemm_block<float>(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t, const float*,
                                std::int64_t, bool, float*, std::int64_t);
template void gemm_block<double>(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t, const double*,
                                 std::int64_t, bool, double*, std::int64_t);

bool has_bfloat16_products() { return has_bfloat16_kernels(); }

void gemm(Dtype dtype, const GemmProblem& p, const void* a, const void* b, void* c) {
    const auto* from_a = static_cast<const std::byte*>(a);
    const auto* from_b = static_cast<const std::byte*>(b);
    auto* to = static_cast<std::byte*>(c);
    const auto size = static_cast<std::int64_t>(size_of(dtype));
    if (p.rows == 0 || p.columns == 0 || p.count == 0) return;
    if (p.inner == 0) {
        for (std::int64_t i = 0; i < p.count; ++i)
            std::memset(to + i * p.stride_c * size, 0, static_cast<std::size_t>(p.rows * p.columns * size));
        return;
    }
    Block block{p.rows, p.columns, p.inner, 1, p.transpose_a ? p.rows : p.inner, p.transpose_b ? p.inner : p.columns, p.columns,
                p.stride_a, p.stride_b, p.stride_c, p.transpose_a, p.transpose_b};
    const double flops = 2.0 * static_cast<double>(p.rows) * static_cast<double>(p.columns) * static_cast<double>(p.inner);
    if (p.count > 1 && (flops < piece_flops || p.count >= 16)) {  // pieces of whole products
        const auto grain = std::max<std::int64_t>(1, static_cast<std::int64_t>(piece_flops / std::max(flops, 1.0)));
        parallel_for(p.count, grain, [&](std::int64_t first, std::int64_t last) {
            Block piece = block;
            piece.count = last - first;
            run_block(dtype, piece, from_a + first * p.stride_a * size, from_b + first * p.stride_b * size,
                      to + first * p.stride_c * size);
        });
        return;
    }
    // Each product is cut into a grid, until there are enough pieces: the longer side in two, or the rows while b is narrow
    // enough to stay in the cache.
    const double few = flops < 2 * piece_flops ? 1 : std::clamp(flops / split_flops, 2.0, 8.0);
    const bool in_tiles = is_made_in_tiles(dtype, p);
    const double most = in_tiles && thread_count() == 1 ? 1 : 256;  // to cut is to pack more than once
    const auto wanted = static_cast<std::int64_t>(std::min(most, std::max(few, flops / large_flops)));
    std::int64_t down = 1, across = 1;
    while (down * across * 2 <= wanted) {
        const std::int64_t rows = p.rows / down, columns = p.columns / across;
        if (std::max(rows, columns) < 32) break;
        (rows >= columns || (rows >= 128 && columns <= 512) ? down : across) *= 2;
    }
    const auto length_of = [](std::int64_t length, std::int64_t pieces) { return ((length + pieces - 1) / pieces + 15) / 16 * 16; };
    const std::int64_t rows = length_of(p.rows, down), columns = length_of(p.columns, across);
    // The gradient of a kernel that has more inputs than outputs, a' g: sgemm would rather make g' a.
    if (dtype == Dtype::float32 && p.count == 1 && p.transpose_a && !p.transpose_b && p.rows >= 2 * p.columns && p.columns >= 64 &&
        p.inner >= 256 && !prefers_own(rows, columns, p.inner)) {
        const Storage turned(static_cast<std::size_t>(p.rows * p.columns * size));
        gemm(dtype, {.rows = p.columns, .columns = p.rows, .inner = p.inner, .transpose_a = true}, b, a, turned.data());
        return strided_copy({p.rows, p.columns}, static_cast<std::size_t>(size), to, {p.columns, 1}, turned.data(), {1, p.rows});
    }
    down = (p.rows + rows - 1) / rows;
    across = (p.columns + columns - 1) / columns;
    cotangent::parallel_pieces(p.count * down * across, [&](std::int64_t at) {
        const std::int64_t product = at / (down * across), row = at / across % down * rows, column = at % across * columns;
        Block piece = block;
        piece.rows = std::min(rows, p.rows - row);
        piece.columns = std::min(columns, p.columns - column);
        const auto run = in_tiles ? run_in_tiles : run_block;
        run(dtype, piece, from_a + (product * p.stride_a + row * (p.transpose_a ? 1 : block.lda)) * size,
            from_b + (product * p.stride_b + column * (p.transpose_b ? block.ldb : 1)) * size,
            to + (product * p.stride_c + row * block.ldc + column) * size);
    });
}

bool pays_by_rows(Dtype dtype, const GemmProblem& p) {
    if (p.count != 1 || p.transpose_a) return false;
    // Each tile of rows goes through all of b.
    const auto bytes = p.inner * p.columns * static_cast<std::int64_t>(size_of(dtype));
    const bool suits = bytes <= largest_b && p.inner >= 64 && p.columns <= most_columns;
    return suits && is_made_in_tiles(dtype, p);
}

void gemm_by_rows(Dtype dtype, const GemmProblem& p, const void* a, const void* b, void* c,
                  const std::function<void(std::int64_t first, std::int64_t last, const std::byte* made)>& use) {
    dispatch_float(dtype, [&]<class T>(T) {
        packed(false, p.transpose_b, p.rows, p.columns, p.inner, static_cast<const T*>(a), p.inner, static_cast<const T*>(b),
               p.transpose_b ? p.inner : p.columns, false, static_cast<T*>(c), p.columns)
            .run_by_rows([&use](std::int64_t first, std::int64_t last, const T* made) {
                use(first, last, reinterpret_cast<const std::byte*>(made));
            });
    });
}

}  // namespace cotangent::detail
