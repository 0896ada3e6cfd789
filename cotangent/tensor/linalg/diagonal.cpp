#include "cotangent/tensor/linalg/diagonal.hpp"

#include <algorithm>
#include <cstring>

#include "cotangent/tensor/kernels/strided_copy.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record, detail::traced;

/// Where a diagonal of a [rows, columns] matrix lies.
struct Place {
    std::int64_t rows, columns, offset;
    [[nodiscard]] std::int64_t length() const {
        return std::max<std::int64_t>(0, offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns));
    }
    [[nodiscard]] std::int64_t first() const { return offset >= 0 ? offset : -offset * columns; }
};

/// The leading axes of `shape`, which ends in `last` axes of another meaning, as one.
std::int64_t leading(const Shape& shape, int last) {
    std::int64_t product = 1;
    for (int axis = 0; axis < shape.rank() - last; ++axis) product *= shape[axis];
    return product;
}

Tensor embed(const Tensor& x, const Place& place);
Tensor extract(const Tensor& x, std::int64_t offset);

struct Diagonal {
    static constexpr const char* name = "diagonal";
    static constexpr Keep keep = Keep::nothing;
    Place place;
    void vjp(const Call& call) const { call.give(0, embed(call.cotangent(), place)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return extract(call.tangent(0), place.offset); }
};

struct DiagEmbed {
    static constexpr const char* name = "diag_embed";
    static constexpr Keep keep = Keep::nothing;
    Place place;
    void vjp(const Call& call) const { call.give(0, extract(call.cotangent(), place.offset)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return embed(call.tangent(0), place); }
};

Tensor extract_now(const Tensor& x, const Place& place) {
    const std::int64_t count = leading(x.shape(), 2), length = place.length();
    Shape shape = detail::batch_of(x);
    shape.push_back(length);
    Tensor out = Tensor::uninitialized(shape, x.dtype());
    if (!out.is_empty())
        detail::strided_copy({count, length}, size_of(x.dtype()), out.fresh_data<std::byte>(), {length, 1},
                             x.raw() + place.first() * static_cast<std::int64_t>(size_of(x.dtype())),
                             {place.rows * place.columns, place.columns + 1});
    return out;
}

Tensor extract(const Tensor& x, std::int64_t offset) {
    const Place place{x.length(-2), x.length(-1), offset};
    return record(Diagonal{place},
                  traced(
                      "diagonal", [place](const Tensor& in) { return extract_now(in, place); }, x),
                  x);
}

Tensor embed_now(const Tensor& x, const Place& place) {
    const std::int64_t count = leading(x.shape(), 1), length = x.shape().back();
    Shape shape = x.shape();
    shape.erase(x.rank() - 1);
    Tensor out = zeros(detail::with_matrix(shape, place.rows, place.columns), x.dtype());
    if (!x.is_empty())
        detail::strided_copy({count, length}, size_of(x.dtype()),
                             out.mutable_raw() + place.first() * static_cast<std::int64_t>(size_of(x.dtype())),
                             {place.rows * place.columns, place.columns + 1}, x.raw(), {length, 1});
    return out;
}

Tensor embed(const Tensor& x, const Place& place) {
    return record(DiagEmbed{place},
                  traced(
                      "diag_embed", [place](const Tensor& in) { return embed_now(in, place); }, x),
                  x);
}

Tensor triangle(const Tensor& x, bool lower, std::int64_t offset);

struct Triangle {
    static constexpr const char* name = "triangle";
    static constexpr Keep keep = Keep::nothing;
    bool lower;
    std::int64_t offset;
    void vjp(const Call& call) const { call.give(0, triangle(call.cotangent(), lower, offset)); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return triangle(call.tangent(0), lower, offset); }
};

Tensor triangle_now(const Tensor& x, bool lower, std::int64_t offset) {
    Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
    const std::int64_t rows = x.length(-2), columns = x.length(-1);
    const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
    offset = std::clamp(offset, -rows, columns);
    for (std::int64_t line = 0; line < (x.is_empty() ? 0 : leading(x.shape(), 1)); ++line) {
        const std::int64_t i = line % rows;
        const std::int64_t first = lower ? 0 : std::clamp<std::int64_t>(i + offset, 0, columns);
        const std::int64_t last = lower ? std::clamp<std::int64_t>(i + offset + 1, 0, columns) : columns;
        std::byte* to = out.fresh_data<std::byte>() + line * columns * bytes;
        std::memset(to, 0, static_cast<std::size_t>(first * bytes));
        std::memcpy(to + first * bytes, x.raw() + (line * columns + first) * bytes,
                    static_cast<std::size_t>((last - first) * bytes));
        std::memset(to + last * bytes, 0, static_cast<std::size_t>((columns - last) * bytes));
    }
    return out;
}

Tensor triangle(const Tensor& x, bool lower, std::int64_t offset) {
    const auto compute = [lower, offset](const Tensor& in) { return triangle_now(in, lower, offset); };
    return record(Triangle{lower, offset}, traced(lower ? "tril" : "triu", compute, x), x);
}

void check_rank(const char* op, const Tensor& x, int least, const char* expected) {
    if (x.rank() < least)
        throw ShapeError(fmt::format("{}: x has shape {}, expected {}", op, to_string(x.shape()), expected));
}

}  // namespace

Tensor diagonal(const Tensor& x, std::int64_t offset) {
    check_rank("diagonal", x, 2, "[..., M, N]");
    return extract(x, offset);
}

Tensor diag_embed(const Tensor& x, std::int64_t offset) {
    check_rank("diag_embed", x, 1, "[..., K]");
    const std::int64_t n = x.shape().back() + std::abs(offset);
    return embed(x, {n, n, offset});
}

Tensor trace(const Tensor& x, std::int64_t offset) {
    check_rank("trace", x, 2, "[..., M, N]");
    return sum(extract(x, offset), {.axes = {-1}});
}

Tensor tril(const Tensor& x, std::int64_t offset) {
    check_rank("tril", x, 2, "[..., M, N]");
    return triangle(x, true, offset);
}

Tensor triu(const Tensor& x, std::int64_t offset) {
    check_rank("triu", x, 2, "[..., M, N]");
    return triangle(x, false, offset);
}

}  // namespace cotangent
