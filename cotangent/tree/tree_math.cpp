#include "cotangent/tree/tree_math.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

namespace cotangent::detail {
namespace {

constexpr std::int64_t piece_length = 1 << 16;

template <class T>
auto widened(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return static_cast<float>(value);
    else return value;
}

/// Independent sums, so that the loop is not a chain of dependent additions.
template <class T>
double dot_of_piece(const T* a, const T* b, std::int64_t count) {
    constexpr int sums = 16;
    double partial[sums] = {};
    std::int64_t i = 0;
    for (; i + sums <= count; i += sums)
        for (int k = 0; k < sums; ++k)
            partial[k] += static_cast<double>(widened(a[i + k])) * static_cast<double>(widened(b[i + k]));
    for (int k = 0; i + k < count; ++k)
        partial[k] += static_cast<double>(widened(a[i + k])) * static_cast<double>(widened(b[i + k]));
    double total = 0;
    for (const double sum : partial) total += sum;
    return total;
}

void check_same(const char* op, const Tensor& a, const Tensor& b) {
    if (a.shape() != b.shape())
        throw ShapeError(fmt::format("{}: a leaf has shape {}, expected {} as in the first tree", op, to_string(b.shape()),
                                     to_string(a.shape())));
    if (a.dtype() != b.dtype())
        throw DtypeError(
            fmt::format("{}: a leaf has dtype {}, expected {} as in the first tree", op, name(b.dtype()), name(a.dtype())));
}

}  // namespace

double dot_of(const Tensor& a, const Tensor& b) {
    check_same("dot", a, b);
    if (!is_floating(a.dtype())) return 0;
    return dispatch(a.dtype(), [&]<class T>(T) -> double {
        if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, BFloat16>) {
            const T* x = a.data<T>();
            const T* y = b.data<T>();
            const std::int64_t size = a.size();
            if (size <= piece_length) return dot_of_piece(x, y, size);
            const std::int64_t pieces = (size + piece_length - 1) / piece_length;
            std::vector<double> partial(static_cast<std::size_t>(pieces));
            cotangent::parallel_pieces(pieces, [&](std::int64_t piece) {
                const std::int64_t first = piece * piece_length;
                partial[static_cast<std::size_t>(piece)] =
                    dot_of_piece(x + first, y + first, std::min(piece_length, size - first));
            });
            double total = 0;
            for (const double sum : partial) total += sum;
            return total;
        } else {
            return 0;
        }
    });
}

void axpy_into(double alpha, const Tensor& x, Tensor& y) {
    check_same("axpy", y, x);
    if (!is_floating(y.dtype())) return;
    if (is_tracing()) {
        y = y + alpha * x;
        return;
    }
    dispatch(y.dtype(), [&]<class T>(T) {
        if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, BFloat16>) {
            using Wide = decltype(widened(T{}));
            const Wide scale = static_cast<Wide>(alpha);
            T* to = y.mutable_values<T>().data();  // first: y may be x itself and move to memory of its own
            const T* from = x.data<T>();
            parallel_for(y.size(), piece_length, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last; ++i)
                    to[i] = static_cast<T>(widened(to[i]) + scale * widened(from[i]));
            });
        }
    });
}

}  // namespace cotangent::detail
