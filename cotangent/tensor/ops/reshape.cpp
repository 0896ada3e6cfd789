#include "cotangent/tensor/ops/reshape.hpp"

#include <vector>

#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cotangent {
namespace {

using detail::Call, detail::Keep, detail::record;

struct Reshape {
    static constexpr const char* name = "reshape";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const { call.give(0, reshape(call.cotangent(), call.input(0).shape())); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return reshape(call.tangent(0), call.output().shape()); }
};

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
    if (shape.size() != x.size())
        throw ShapeError(fmt::format("reshape: x has {} elements in {}, expected {} for {}", x.size(), to_string(x.shape()),
                                     shape.size(), to_string(shape)));
    return record(Reshape{}, x.view(shape), x);
}

Tensor reshape(const Tensor& x, std::span<const std::int64_t> lengths) {
    std::vector<std::int64_t> resolved(lengths.begin(), lengths.end());
    std::int64_t known = 1;
    std::int64_t* open = nullptr;
    for (std::int64_t& length : resolved) {
        if (length != -1) known *= length;
        else if (open) throw ShapeError(fmt::format("reshape: shape is [{}], expected at most one -1", fmt::join(lengths, ", ")));
        else open = &length;
    }
    if (open) {
        if (known == 0 || x.size() % known != 0)
            throw ShapeError(fmt::format("reshape: x has {} elements in {}, which [{}] does not divide", x.size(),
                                         to_string(x.shape()), fmt::join(lengths, ", ")));
        *open = x.size() / known;
    }
    return reshape(x, Shape(resolved));
}

Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> lengths) {
    return reshape(x, std::span(lengths.begin(), lengths.size()));
}

Tensor flatten(const Tensor& x) {
    if (x.rank() == 0) throw ShapeError("flatten: x has shape [], expected at least one axis");
    return reshape(x, Shape{x.shape()[0], x.shape()[0] ? x.size() / x.shape()[0] : 0});
}

Tensor expand_dims(const Tensor& x, int axis) {
    Shape shape = x.shape();
    shape.insert(axis_of("expand_dims", axis, x.rank() + 1), 1);
    return reshape(x, shape);
}

Tensor squeeze(const Tensor& x, int axis) {
    const int at = axis_of("squeeze", axis, x.rank());
    if (x.shape()[at] != 1)
        throw ShapeError(fmt::format("squeeze: axis {} of {} has length {}, expected 1", axis, to_string(x.shape()), x.shape()[at]));
    Shape shape = x.shape();
    shape.erase(at);
    return reshape(x, shape);
}

Tensor squeeze(const Tensor& x) {
    Shape shape;
    for (const std::int64_t length : x.shape())
        if (length != 1) shape.push_back(length);
    return reshape(x, shape);
}

}  // namespace cotangent
