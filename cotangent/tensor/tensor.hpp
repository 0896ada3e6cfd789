#pragma once
#include <concepts>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "cotangent/tensor/dtype.hpp"
#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/shape.hpp"
#include "cotangent/tensor/storage.hpp"

namespace cotangent {
namespace detail {

class Node;
void retain(Node* node) noexcept;
void release(Node* node) noexcept;

/// A counted reference to the record of the op that made a tensor; null while nobody differentiates.
class NodeRef {
public:
    NodeRef() = default;
    explicit NodeRef(Node* node) noexcept : node_(node) {
        if (node_) retain(node_);
    }
    NodeRef(const NodeRef& other) noexcept : NodeRef(other.node_) {}
    NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    NodeRef& operator=(NodeRef other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~NodeRef() {
        if (node_) release(node_);
    }
    [[nodiscard]] Node* get() const { return node_; }
    [[nodiscard]] Node* take() { return std::exchange(node_, nullptr); }

private:
    Node* node_ = nullptr;
};

}  // namespace detail

template <Element T>
class HeldValues;

/// A value: an n-dimensional array of one dtype, row-major and contiguous.
///
/// A copy is independent: changing one is seen by nobody else. Underneath, memory is shared until one side writes
/// (copy on write), so copies are cheap and a sole owner writes in place. Reshaping and taking leading slices share too.
/// Copies may be used from several threads at once; one object may not be changed while another thread reads it.
class Tensor {
public:
    /// No elements: shape [0], float32. Options use it for "not given".
    Tensor() : shape_(Shape::empty()) {}
    /// A scalar, shape []: double -> float32, as literals are meant; use full() for another dtype.
    Tensor(double value);
    Tensor(float value) : Tensor(static_cast<double>(value)) {}
    Tensor(int value) : Tensor(static_cast<double>(value)) {}

    /// Copies host memory.
    /// @throws ShapeError  values.size() is not shape.size()
    template <Element T>
    static Tensor from(std::span<const T> values, const Shape& shape) {
        return from_bytes(std::as_bytes(values), shape, dtype_of<T>);
    }
    template <Element T>
    static Tensor from(const std::vector<T>& values, const Shape& shape) {
        return from(std::span<const T>(values), shape);
    }
    /// `Tensor::of<float>({{1, 2}, {3, 4}})`: small literal tensors, for tests and examples.
    template <Element T>
    static Tensor of(std::initializer_list<T> values) {
        return from(std::span<const T>(values.begin(), values.size()), {static_cast<std::int64_t>(values.size())});
    }
    template <Element T>
    static Tensor of(std::initializer_list<std::initializer_list<T>> rows);
    /// Memory that has not been written yet. @throws std::bad_alloc  the system has none; says how much was asked for
    static Tensor uninitialized(const Shape& shape, Dtype dtype);
    static Tensor from_bytes(std::span<const std::byte> bytes, const Shape& shape, Dtype dtype);

    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] Dtype dtype() const { return static_cast<Dtype>(tag_ & 0xff); }
    [[nodiscard]] int rank() const { return shape_.rank(); }
    [[nodiscard]] std::int64_t size() const { return shape_.size(); }
    /// The length of an axis; negative counts from the last. @throws ShapeError
    [[nodiscard]] std::int64_t length(int axis) const;
    [[nodiscard]] bool is_empty() const { return size() == 0; }
    [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype()); }

    /// The elements in row-major order. @throws DtypeError  T is not the dtype
    template <Element T>
    [[nodiscard]] std::span<const T> values() const& {
        check_access(dtype_of<T>);
        return {reinterpret_cast<const T*>(raw()), static_cast<std::size_t>(size())};
    }
    /// Of a temporary: the range holds the tensor, so that `for (float v : f(x).values<float>())` reads what is there.
    template <Element T>
    [[nodiscard]] HeldValues<T> values() const&&;
    /// The same for writing; copies first when the memory is shared.
    /// @throws DtypeError  T is not the dtype
    /// @throws ValueError  the tensor is being differentiated: a write would not be
    template <Element T>
    [[nodiscard]] std::span<T> mutable_values() {
        check_access(dtype_of<T>);
        return {reinterpret_cast<T*>(mutable_raw()), static_cast<std::size_t>(size())};
    }
    /// The only element, converted. @throws ShapeError  there is not exactly one
    [[nodiscard]] double item() const;
    /// All elements, converted to T.
    template <class T>
    [[nodiscard]] std::vector<T> to_vector() const;

    /// Untyped access for kernels. @throws ValueError  while compile() records, outside of ops: see trace.hpp
    [[nodiscard]] const std::byte* raw() const {
        if (!storage_) return nullptr;
        if (!detail::is_readable(storage_.trace())) [[unlikely]] detail::check_read(storage_.trace(), storage_.value());
        return storage_.data() + offset_;
    }
    [[nodiscard]] std::byte* mutable_raw();
    template <class T>
    [[nodiscard]] const T* data() const {
        return reinterpret_cast<const T*>(raw());
    }
    /// For freshly made tensors only: no copy-on-write check.
    template <class T>
    [[nodiscard]] T* fresh_data() {
        return reinterpret_cast<T*>(storage_.data() + offset_);
    }
    [[nodiscard]] bool is_sole_owner() const { return storage_.is_sole_owner(); }

    /// The same memory seen with another shape, from element `first`; not differentiated. Ops build on it.
    [[nodiscard]] Tensor view(const Shape& shape, std::int64_t first = 0) const;
    /// The same value without its record: a constant to whoever differentiates.
    [[nodiscard]] Tensor detached() const;

    /// In place where nobody else sees the memory. Broadcasting may stretch the right-hand side only; a number takes the dtype.
    /// @throws ShapeError, DtypeError, ValueError  as the operator without =, and where the shape would change
    Tensor& operator+=(const Tensor& other);
    Tensor& operator-=(const Tensor& other);
    Tensor& operator*=(const Tensor& other);
    Tensor& operator/=(const Tensor& other);
    Tensor& operator+=(double number);
    Tensor& operator-=(double number);
    Tensor& operator*=(double number);
    Tensor& operator/=(double number);

    // What recording needs; see record.hpp.
    [[nodiscard]] detail::Node* node() const { return node_.get(); }
    [[nodiscard]] int output_index() const { return tag_ >> 8; }
    void set_node(detail::Node* node, int output_index) {
        node_ = detail::NodeRef(node);
        tag_ = tag_of(dtype(), output_index);
    }
    [[nodiscard]] detail::Node* take_node() { return node_.take(); }
    /// Shape, dtype and record, without the memory: what a rule keeps of an input it will not read.
    [[nodiscard]] Tensor ghost() const;
    [[nodiscard]] const detail::Storage& storage() const { return storage_; }
    [[nodiscard]] std::size_t offset() const { return offset_; }  ///< of the first element, in bytes
    [[nodiscard]] bool has_storage() const { return static_cast<bool>(storage_); }
    void drop_storage() { storage_ = {}; }
    /// Memory of its own that has not been written yet, for the same shape and dtype.
    void renew() {
        storage_ = detail::Storage(bytes());
        offset_ = 0;
    }

private:
    Tensor(const Shape& shape, Dtype dtype, detail::Storage storage, std::size_t offset)
        : shape_(shape), storage_(std::move(storage)), offset_(offset), tag_(tag_of(dtype, 0)) {}
    static std::uint16_t tag_of(Dtype dtype, int output_index) {
        return static_cast<std::uint16_t>(static_cast<unsigned>(dtype) | static_cast<unsigned>(output_index) << 8);
    }
    void check_access(Dtype wanted) const;

    Shape shape_;
    detail::Storage storage_;
    std::size_t offset_ = 0;  // bytes
    detail::NodeRef node_;
    std::uint16_t tag_ = 0;  // dtype and output index in one, for the same reason as Shape's rank: 0 is float32
};

/// The elements of a tensor that it keeps alive; elsewhere a std::span<const T>.
template <Element T>
class HeldValues {
public:
    explicit HeldValues(Tensor tensor) : tensor_(std::move(tensor)), values_(std::as_const(tensor_).template values<T>()) {}
    [[nodiscard]] const T* begin() const { return data(); }
    [[nodiscard]] const T* end() const { return data() + size(); }
    [[nodiscard]] const T* data() const { return values_.data(); }
    [[nodiscard]] std::size_t size() const { return values_.size(); }
    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] const T& operator[](std::size_t k) const { return values_[k]; }
    [[nodiscard]] const T& front() const { return values_.front(); }
    [[nodiscard]] const T& back() const { return values_.back(); }

private:
    Tensor tensor_;
    std::span<const T> values_;
};

template <Element T>
HeldValues<T> Tensor::values() const&& {
    return HeldValues<T>(*this);
}

/// As NumPy prints: nested brackets, aligned columns, long axes shortened.
[[nodiscard]] std::string to_string(const Tensor& tensor);
std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

template <Element T>
Tensor Tensor::of(std::initializer_list<std::initializer_list<T>> rows) {
    const auto columns = rows.size() ? rows.begin()->size() : 0;
    std::vector<T> values;
    for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
    if constexpr (std::same_as<T, bool>) {
        Tensor result = uninitialized({std::int64_t(rows.size()), std::int64_t(columns)}, Dtype::boolean);
        std::copy(values.begin(), values.end(), result.fresh_data<bool>());
        return result;
    } else {
        return from(std::span<const T>(values), {std::int64_t(rows.size()), std::int64_t(columns)});
    }
}

template <class T>
std::vector<T> Tensor::to_vector() const {
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(size()));
    dispatch(dtype(), [&]<class U>(U) {
        for (std::int64_t i = 0; i < size(); ++i) {
            if constexpr (std::is_same_v<U, BFloat16>) result.push_back(static_cast<T>(static_cast<float>(data<U>()[i])));
            else result.push_back(static_cast<T>(data<U>()[i]));
        }
    });
    return result;
}

}  // namespace cotangent
