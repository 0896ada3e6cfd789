#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace cotangent {

/// The lengths of a tensor's axes, outermost first. At most 8 axes; held in place, no heap.
class Shape {
public:
    static constexpr int max_rank = 8;
    static constexpr std::int64_t max_size = std::int64_t{1} << 59;  ///< elements: their bytes can be counted

    Shape() = default;
    /// @throws ShapeError  more than 8 axes, a negative length, or more than max_size elements
    Shape(std::initializer_list<std::int64_t> lengths);
    explicit Shape(std::span<const std::int64_t> lengths);
    /// [0]: no elements.
    [[nodiscard]] static Shape empty() {
        Shape shape;
        shape.rank_ = 1;
        return shape;
    }

    [[nodiscard]] int rank() const { return static_cast<int>(rank_); }
    /// The number of elements: the product of the lengths, 1 for a scalar.
    [[nodiscard]] std::int64_t size() const {
        std::int64_t product = 1;
        for (int axis = 0; axis < rank_; ++axis) product *= lengths_[axis];
        return product;
    }
    /// size(), where lengths may have been put together to more than memory can hold.
    /// @throws ShapeError  more than max_size elements
    [[nodiscard]] std::int64_t checked_size() const {
        std::int64_t product = 1;
        bool overflows = false;
        for (int axis = 0; axis < rank_; ++axis) overflows |= __builtin_mul_overflow(product, lengths_[axis], &product);
        if (overflows || product > max_size) [[unlikely]]
            refuse_size();
        return product;
    }
    /// Unchecked; use `axis_of` to accept negative axes.
    std::int64_t& operator[](int axis) { return lengths_[axis]; }
    std::int64_t operator[](int axis) const { return lengths_[axis]; }
    [[nodiscard]] std::int64_t back() const { return lengths_[rank_ - 1]; }

    [[nodiscard]] const std::int64_t* begin() const { return lengths_.data(); }
    [[nodiscard]] const std::int64_t* end() const { return lengths_.data() + rank_; }
    std::int64_t* begin() { return lengths_.data(); }
    std::int64_t* end() { return lengths_.data() + rank_; }

    void push_back(std::int64_t length);
    void insert(int axis, std::int64_t length);
    void erase(int axis);

    friend bool operator==(const Shape& a, const Shape& b) {
        if (a.rank_ != b.rank_) return false;
        for (int axis = 0; axis < a.rank_; ++axis)
            if (a.lengths_[axis] != b.lengths_[axis]) return false;
        return true;
    }

private:
    [[noreturn]] void refuse_size() const;
    std::array<std::int64_t, max_rank> lengths_{};
    std::int64_t rank_ = 0;  // as wide as what copies it: a narrow store would have to reach the cache before a wide load
};

/// `[2, 3]`, as messages print it.
[[nodiscard]] std::string to_string(const Shape& shape);

/// The axis that `axis` means for this rank: negative counts from the last.
/// @throws ShapeError  outside [-rank, rank); the message starts with `op`
[[nodiscard]] int axis_of(const char* op, int axis, int rank);

/// The shape that NumPy broadcasts `a` and `b` to.
/// @throws ShapeError  a pair of lengths differs and neither is 1
[[nodiscard]] Shape broadcast(const char* op, const Shape& a, const Shape& b);

/// Row-major strides in elements.
[[nodiscard]] Shape strides_of(const Shape& shape);

}  // namespace cotangent
