#include "cotangent/data/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/zip.hpp"

namespace cotangent::data {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy files are read and written without swapping bytes");

constexpr std::string_view magic = "\x93NUMPY";

std::optional<Dtype> dtype_named(std::string_view descr) {
    if (descr == "<f4") return Dtype::float32;
    if (descr == "<f8") return Dtype::float64;
    if (descr == "<i4") return Dtype::int32;
    if (descr == "<i8") return Dtype::int64;
    if (descr == "|u1") return Dtype::uint8;
    if (descr == "|b1") return Dtype::boolean;
    return std::nullopt;
}

std::string_view descr_of(Dtype dtype) {
    switch (dtype) {
        case Dtype::float32: return "<f4";
        case Dtype::float64: return "<f8";
        case Dtype::int32: return "<i4";
        case Dtype::int64: return "<i8";
        case Dtype::uint8: return "|u1";
        case Dtype::boolean: return "|b1";
        case Dtype::bfloat16: break;
    }
    throw DtypeError("encode_npy: tensor has dtype bfloat16, expected one that NumPy has; cast() it first");
}

struct Header {
    Dtype dtype{};
    bool is_fortran = false;
    Shape shape;
};

/// The header is a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderParser {
public:
    explicit HeaderParser(std::string_view text) : text_(text) {}

    Header parse() {
        Header header;
        bool has_dtype = false, has_order = false, has_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr") {
                skip_space();
                if (text_.starts_with('[')) throw IoError("its elements are records, expected numbers");
                const std::string_view descr = quoted();
                const auto dtype = dtype_named(descr);
                if (!dtype) {
                    throw IoError(fmt::format("its elements are `{}`, expected one of <f4 <f8 <i4 <i8 |u1 |b1", descr));
                }
                header.dtype = *dtype;
                has_dtype = true;
            } else if (key == "fortran_order") {
                skip_space();
                header.is_fortran = text_.starts_with("True");
                if (!header.is_fortran && !text_.starts_with("False")) fail();
                text_.remove_prefix(header.is_fortran ? 4 : 5);
                has_order = true;
            } else if (key == "shape") {
                header.shape = tuple();
                has_shape = true;
            } else {
                fail();
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        if (!has_dtype || !has_order || !has_shape) fail();
        return header;
    }

private:
    [[noreturn]] static void fail() { throw IoError("its header is not the one that NumPy writes"); }
    void skip_space() {
        while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
    }
    bool accept(char c) {
        skip_space();
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail();
    }
    std::string_view quoted() {
        skip_space();
        if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) fail();
        const auto end = text_.find(text_[0], 1);
        if (end == text_.npos) fail();
        const std::string_view content = text_.substr(1, end - 1);
        text_.remove_prefix(end + 1);
        return content;
    }
    Shape tuple() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            skip_space();
            std::int64_t length = 0;
            const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), length);
            if (code != std::errc() || length < 0) fail();
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            if (shape.rank() == Shape::max_rank) throw IoError(fmt::format("it has more than {} axes", Shape::max_rank));
            shape.push_back(length);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }
    std::string_view text_;
};

/// Fortran order is row-major order of the reversed shape.
Tensor to_row_major(std::span<const std::byte> elements, const Shape& shape, Dtype dtype) {
    Tensor result = Tensor::uninitialized(shape, dtype);
    const std::size_t width = size_of(dtype);
    std::byte* to = result.fresh_data<std::byte>();
    std::array<std::int64_t, Shape::max_rank> index{}, strides{};
    for (int axis = 0; axis < shape.rank(); ++axis) strides[axis] = axis == 0 ? 1 : strides[axis - 1] * shape[axis - 1];
    for (std::int64_t i = 0, from = 0; i < result.size(); ++i, to += width) {
        std::memcpy(to, elements.data() + static_cast<std::size_t>(from) * width, width);
        for (int axis = shape.rank() - 1; axis >= 0; --axis) {
            from += strides[axis];
            if (++index[axis] < shape[axis]) break;
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    return result;
}

Tensor decode_array(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(magic) || text.size() < 10) throw IoError("it does not begin like an .npy file");
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
    const std::size_t version = byte(6);
    if (version < 1 || version > 3) throw IoError(fmt::format("it has format version {}, expected 1 to 3", version));
    const std::size_t start = version == 1 ? 10 : 12;
    if (text.size() < start) throw IoError("it ends inside its header");
    const std::size_t length = byte(8) | byte(9) << 8 | (version == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
    if (length > text.size() - start) throw IoError("it ends inside its header");
    const Header header = HeaderParser(text.substr(start, length)).parse();
    const auto elements = bytes.subspan(start + length);
    auto most = static_cast<std::int64_t>(size_of(header.dtype));  // of the lengths that are not 0: no order may overflow
    bool is_empty = false;
    for (const std::int64_t axis : header.shape) {
        is_empty |= axis == 0;
        if (__builtin_mul_overflow(most, std::max<std::int64_t>(axis, 1), &most)) throw IoError("its shape is too large");
    }
    const std::size_t expected = is_empty ? 0 : static_cast<std::size_t>(most);
    if (elements.size() != expected) {
        throw IoError(fmt::format("it has {} bytes of elements, expected {} for {} {}", elements.size(), expected,
                                  name(header.dtype), to_string(header.shape)));
    }
    if (header.dtype == Dtype::boolean) {
        for (const std::byte value : elements) {
            if (value > std::byte{1}) throw IoError("a bool is neither 0 nor 1");
        }
    }
    if (header.is_fortran && header.shape.rank() > 1) return to_row_major(elements, header.shape, header.dtype);
    return Tensor::from_bytes(elements, header.shape, header.dtype);
}

template <class F>
auto with_name(const char* op, const std::string* path, F&& f) {
    try {
        return f();
    } catch (const IoError& error) {
        if (!path) throw IoError(fmt::format("{}: {}", op, error.what()));
        throw IoError(fmt::format("{}: cannot read {}: {}", op, *path, error.what()));
    }
}

}  // namespace

Tensor decode_npy(std::span<const std::byte> bytes) {
    return with_name("decode_npy", nullptr, [&] { return decode_array(bytes); });
}

Tensor read_npy(const std::string& path) {
    const auto bytes = detail::read_file("read_npy", path);
    return with_name("read_npy", &path, [&] { return decode_array(bytes); });
}

std::vector<std::byte> encode_npy(const Tensor& tensor) {
    std::string shape;
    for (const std::int64_t length : tensor.shape()) shape += fmt::format("{}, ", length);
    if (tensor.rank() > 1) shape.resize(shape.size() - 2);
    if (tensor.rank() == 1) shape.pop_back();
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr_of(tensor.dtype()), shape);
    // Elements start at a multiple of 64, so that the file can be mapped.
    constexpr std::size_t alignment = 64, before = 10;
    header.append(alignment - 1 - (before + header.size()) % alignment, ' ');
    header.push_back('\n');
    std::vector<std::byte> bytes(before + header.size() + tensor.bytes());
    std::memcpy(bytes.data(), magic.data(), magic.size());
    bytes[6] = std::byte{1};
    bytes[8] = static_cast<std::byte>(header.size() & 255);
    bytes[9] = static_cast<std::byte>(header.size() >> 8);
    std::memcpy(bytes.data() + before, header.data(), header.size());
    if (!tensor.is_empty()) std::memcpy(bytes.data() + before + header.size(), tensor.raw(), tensor.bytes());
    return bytes;
}

void write_npy(const std::string& path, const Tensor& tensor) { detail::write_file("write_npy", path, encode_npy(tensor)); }

NamedArrays decode_npz(std::span<const std::byte> bytes) {
    return with_name("decode_npz", nullptr, [&] { return detail::decode_zip(bytes, decode_array); });
}

NamedArrays read_npz(const std::string& path) {
    const auto bytes = detail::read_file("read_npz", path);
    return with_name("read_npz", &path, [&] { return detail::decode_zip(bytes, decode_array); });
}

}  // namespace cotangent::data
