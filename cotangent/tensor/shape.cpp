#include "cotangent/tensor/shape.hpp"

#include <algorithm>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cotangent {
namespace {

void check_rank(std::size_t rank) {
    if (rank > Shape::max_rank) throw ShapeError(fmt::format("Shape: has {} axes, expected at most {}", rank, Shape::max_rank));
}

}  // namespace

Shape::Shape(std::initializer_list<std::int64_t> lengths) : Shape(std::span(lengths.begin(), lengths.size())) {}

Shape::Shape(std::span<const std::int64_t> lengths) {
    check_rank(lengths.size());
    rank_ = static_cast<std::int64_t>(lengths.size());
    std::copy(lengths.begin(), lengths.end(), begin());
    if (std::any_of(begin(), end(), [](auto length) { return length < 0; }))
        throw ShapeError(fmt::format("Shape: has a negative length in {}", to_string(*this)));
    (void)checked_size();
}

void Shape::refuse_size() const {
    throw ShapeError(fmt::format("Shape: {} has more elements than can be addressed, expected at most 2^59", to_string(*this)));
}

void Shape::push_back(std::int64_t length) { insert(rank(), length); }

void Shape::insert(int axis, std::int64_t length) {
    check_rank(static_cast<std::size_t>(rank_) + 1);
    std::copy_backward(begin() + axis, end(), end() + 1);
    lengths_[axis] = length;
    ++rank_;
}

void Shape::erase(int axis) {
    std::copy(begin() + axis + 1, end(), begin() + axis);
    lengths_[--rank_] = 0;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

int axis_of(const char* op, int axis, int rank) {
    if (axis < -rank || axis >= rank)
        throw ShapeError(fmt::format("{}: axis is {}, expected {} to {} for rank {}", op, axis, -rank, rank - 1, rank));
    return axis < 0 ? axis + rank : axis;
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
    const Shape& longer = a.rank() >= b.rank() ? a : b;
    const Shape& shorter = a.rank() >= b.rank() ? b : a;
    Shape result = longer;
    const int offset = longer.rank() - shorter.rank();
    for (int axis = 0; axis < shorter.rank(); ++axis) {
        std::int64_t& length = result[axis + offset];
        if (length == 1) length = shorter[axis];
        else if (shorter[axis] != 1 && shorter[axis] != length)
            throw ShapeError(fmt::format("{}: shapes {} and {} do not broadcast: axis {} has {} and {}", op, to_string(a),
                                         to_string(b), axis + offset, a.rank() >= b.rank() ? length : shorter[axis],
                                         a.rank() >= b.rank() ? shorter[axis] : length));
    }
    return result;
}

Shape strides_of(const Shape& shape) {
    Shape strides = shape;
    std::int64_t stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        strides[axis] = stride;
        stride *= shape[axis];
    }
    return strides;
}

}  // namespace cotangent
