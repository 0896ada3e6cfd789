#include "cotangent/tensor/tensor.hpp"

#include <cstring>

#include <fmt/format.h>

namespace cotangent {

std::string_view name(Dtype dtype) {
    constexpr std::string_view names[] = {"float32", "float64", "bfloat16", "int32", "int64", "uint8", "bool"};
    return names[static_cast<int>(dtype)];
}

Tensor::Tensor(double value) : storage_(sizeof(float)) { *fresh_data<float>() = static_cast<float>(value); }

Tensor Tensor::uninitialized(const Shape& shape, Dtype dtype) {
    return {shape, dtype, detail::Storage(static_cast<std::size_t>(shape.checked_size()) * size_of(dtype)), 0};
}

Tensor Tensor::from_bytes(std::span<const std::byte> bytes, const Shape& shape, Dtype dtype) {
    const auto wanted = static_cast<std::size_t>(shape.size()) * size_of(dtype);
    if (bytes.size() != wanted)
        throw ShapeError(fmt::format("Tensor: got {} values, expected {} for shape {}", bytes.size() / size_of(dtype),
                                     shape.size(), to_string(shape)));
    Tensor result = uninitialized(shape, dtype);
    if (wanted > 0) std::memcpy(result.storage_.data(), bytes.data(), wanted);
    return result;
}

std::int64_t Tensor::length(int axis) const { return shape_[axis_of("length", axis, rank())]; }

std::byte* Tensor::mutable_raw() {
    if (node())
        throw ValueError("mutable_values: the tensor is being differentiated, and a write would not be; use ops");
    if (!storage_) return nullptr;
    if (!detail::is_readable(storage_.trace())) detail::check_write(storage_.trace());
    if (!storage_.is_sole_owner()) {
        const Tensor shared = std::move(*this);
        *this = from_bytes({shared.raw(), shared.bytes()}, shared.shape_, shared.dtype());
    }
    return storage_.data() + offset_;
}

double Tensor::item() const {
    if (size() != 1) throw ShapeError(fmt::format("item: shape is {}, expected one element", to_string(shape_)));
    return to_vector<double>()[0];
}

Tensor Tensor::view(const Shape& shape, std::int64_t first) const {
    return {shape, dtype(), storage_, offset_ + static_cast<std::size_t>(first) * size_of(dtype())};
}

Tensor Tensor::detached() const { return view(shape_); }

Tensor Tensor::ghost() const {
    Tensor result(shape_, dtype(), {}, offset_);
    result.node_ = node_;
    result.tag_ = tag_;
    return result;
}

void Tensor::check_access(Dtype wanted) const {
    if (dtype() != wanted) throw DtypeError(fmt::format("values: dtype is {}, expected {}", name(dtype()), name(wanted)));
    if (!storage_ && size() > 0) throw ValueError("values: a rule reads an input that it did not declare it keeps");
}

}  // namespace cotangent
