#include "cotangent/tree/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cotangent/tree/atomic_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace cotangent {
namespace {

using nlohmann::json;
static_assert(std::endian::native == std::endian::little,
              "the format is little-endian, and tensors are written as they lie");

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t max_header = 100'000'000;  // the limit of the reference implementation
constexpr const char* metadata_key = "__metadata__";
float from_half(std::uint16_t half) {
    const std::uint32_t sign = std::uint32_t{half} >> 15 << 31, exponent = half >> 10 & 31u, fraction = half & 1023u;
    if (exponent == 0) return (sign ? -0x1p-24f : 0x1p-24f) * static_cast<float>(fraction);  // zero and subnormal numbers
    return std::bit_cast<float>(sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | fraction << 13);
}

template <class From, class To>
void widen(std::span<const std::byte> from, std::byte* to) {
    for (std::size_t k = 0; k < from.size() / sizeof(From); ++k) {
        From value;
        std::memcpy(&value, from.data() + k * sizeof(From), sizeof(From));
        const To wide = [&] {
            if constexpr (std::is_same_v<To, float>) return from_half(value);
            else return static_cast<To>(value);
        }();
        std::memcpy(to + k * sizeof(To), &wide, sizeof(To));
    }
}

/// A dtype of the format: as which one of ours it is read, and how where ours is wider.
struct Format {
    std::string_view name;
    Dtype dtype;
    std::size_t bytes;
    void (*widen)(std::span<const std::byte> from, std::byte* to) = nullptr;
};
/// The first ones in the order of Dtype.
constexpr std::array<Format, 12> formats = {{{"F32", Dtype::float32, 4},
                                             {"F64", Dtype::float64, 8},
                                             {"BF16", Dtype::bfloat16, 2},
                                             {"I32", Dtype::int32, 4},
                                             {"I64", Dtype::int64, 8},
                                             {"U8", Dtype::uint8, 1},
                                             {"BOOL", Dtype::boolean, 1},
                                             {"F16", Dtype::float32, 2, widen<std::uint16_t, float>},
                                             {"I8", Dtype::int32, 1, widen<std::int8_t, std::int32_t>},
                                             {"I16", Dtype::int32, 2, widen<std::int16_t, std::int32_t>},
                                             {"U16", Dtype::int32, 2, widen<std::uint16_t, std::int32_t>},
                                             {"U32", Dtype::int64, 4, widen<std::uint32_t, std::int64_t>}}};

std::string_view format_name(Dtype dtype) { return formats[static_cast<std::size_t>(dtype)].name; }

std::string described(const Tensor& tensor) { return fmt::format("{} {}", to_string(tensor.shape()), name(tensor.dtype())); }

// ---- writing

/// The length and the header, padded with spaces so that the data starts at a multiple of 8; `order` is that of the data.
std::string header_of(const NamedTensors& tensors, const std::vector<std::size_t>& order, const Metadata& metadata) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header[metadata_key] = metadata;
    std::set<std::string_view> names;
    std::size_t offset = 0;
    for (const std::size_t i : order) {
        const auto& [name, tensor] = tensors[i];
        if (name == metadata_key)
            throw ValueError(fmt::format("save: a tensor has the name {}, which the format reserves", name));
        if (!names.insert(name).second) throw ValueError(fmt::format("save: two tensors have the name `{}`", name));
        const Shape& shape = tensor.shape();
        header[name] = {{"dtype", format_name(tensor.dtype())},
                        {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                        {"data_offsets", {offset, offset + tensor.bytes()}}};
        offset += tensor.bytes();
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const json::exception& error) {
        throw ValueError(fmt::format("save: a name or a metadata text is not UTF-8: {}", error.what()));
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > max_header)
        throw ValueError(fmt::format("save: the header has {} bytes, expected at most {}", text.size(), max_header));
    const auto length = std::bit_cast<std::array<char, length_bytes>>(std::uint64_t{text.size()});
    text.insert(0, length.data(), length.size());
    return text;
}

template <class Use>
auto with_pieces(const NamedTensors& tensors, const Metadata& metadata, const Use& use) {
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Widest elements first keeps every tensor aligned for readers that map the file.
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return size_of(tensors[a].second.dtype()) > size_of(tensors[b].second.dtype());
    });
    const std::string header = header_of(tensors, order, metadata);
    std::vector<std::span<const std::byte>> pieces = {std::as_bytes(std::span(header))};
    for (const std::size_t i : order) pieces.emplace_back(tensors[i].second.raw(), tensors[i].second.bytes());
    return use(std::span<const std::span<const std::byte>>(pieces));
}

// ---- reading

struct Entry {
    std::string name;
    const Format* format;
    Shape shape;
    std::uint64_t first, last;  // bytes from the start of the data
};

/// Where bytes come from: a file or memory.
struct Source {
    std::string name;
    std::uint64_t size;
    std::function<void(std::uint64_t offset, std::span<std::byte> to)> read;

    template <class... Args>
    [[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) const {
        throw IoError(fmt::format("load: {}: {}", name, fmt::format(message, std::forward<Args>(args)...)));
    }
};

/// JSON objects that nest at most as deep as the format does and name nothing twice; nlohmann would keep the last.
json parse_strictly(const Source& source, const std::string& text) {
    std::vector<std::set<std::string>> keys;
    const auto check = [&](int depth, json::parse_event_t event, json& value) {
        if (depth > 3) source.fail("the header nests deeper than the format does");
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
            source.fail("the header has the name `{}` twice", value.get<std::string>());
        return true;
    };
    try {
        return json::parse(text, check);
    } catch (const json::exception& error) {
        source.fail("the header is not JSON: {}", error.what());
    }
}

std::optional<std::uint64_t> as_unsigned(const json& value) {
    if (!value.is_number_unsigned()) return std::nullopt;
    return value.get<std::uint64_t>();
}

Shape shape_of(const Source& source, const std::string& name, const json& lengths) {
    if (!lengths.is_array()) source.fail("`{}` has no list as its shape", name);
    if (lengths.size() > Shape::max_rank)
        source.fail("`{}` has {} axes, expected at most {}", name, lengths.size(), Shape::max_rank);
    Shape shape;
    std::uint64_t product = 1;  // of the lengths that are not 0, so that no order of multiplying overflows
    for (const json& length : lengths) {
        const auto value = as_unsigned(length);
        std::uint64_t grown = 0;
        if (!value) source.fail("`{}` has a length {} in its shape, expected an integer of 0 or more", name, length.dump());
        if (__builtin_mul_overflow(product, std::max<std::uint64_t>(*value, 1), &grown) ||
            grown > std::uint64_t{std::numeric_limits<std::int64_t>::max()} / 8)
            source.fail("`{}` has the shape {}, whose size overflows", name, lengths.dump());
        product = grown;
        shape.push_back(static_cast<std::int64_t>(*value));
    }
    return shape;
}

Entry entry_of(const Source& source, const std::string& name, const json& value, std::uint64_t data_size) {
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets"))
        source.fail("`{}` is described by {}, expected dtype, shape and data_offsets", name, value.dump().substr(0, 100));
    const std::string dtype_name = value["dtype"].is_string() ? value["dtype"].get<std::string>() : value["dtype"].dump();
    const auto format = std::find_if(formats.begin(), formats.end(), [&](const Format& f) { return f.name == dtype_name; });
    if (format == formats.end()) {
        std::string names;
        for (const Format& f : formats) names += fmt::format("{}{}", names.empty() ? "" : " ", f.name);
        source.fail("`{}` has dtype {}, expected one of {}", name, dtype_name, names);
    }
    const Shape shape = shape_of(source, name, value["shape"]);
    const json& offsets = value["data_offsets"];
    const bool is_pair = offsets.is_array() && offsets.size() == 2;
    const auto first = is_pair ? as_unsigned(offsets[0]) : std::nullopt;
    const auto last = is_pair ? as_unsigned(offsets[1]) : std::nullopt;
    if (!first || !last || *first > *last)
        source.fail("`{}` has data_offsets {}, expected a first and a last byte", name, offsets.dump().substr(0, 100));
    if (*last > data_size)
        source.fail("`{}` ends at byte {} of the data, which has {}: the file is truncated", name, *last, data_size);
    const std::uint64_t expected = static_cast<std::uint64_t>(shape.size()) * format->bytes;
    if (*last - *first != expected)
        source.fail("`{}` has {} bytes, expected {} for {} {}", name, *last - *first, expected, dtype_name,
                    to_string(shape));
    return {name, &*format, shape, *first, *last};
}

/// Every byte of the data belongs to exactly one tensor.
void check_cover(const Source& source, const std::vector<Entry>& entries, std::uint64_t data_size) {
    std::uint64_t end = 0;
    for (const Entry& entry : entries) {
        if (entry.first < end)
            source.fail("`{}` starts at byte {} of the data, inside the tensor before it", entry.name, entry.first);
        if (entry.first > end)
            source.fail("`{}` starts at byte {} of the data, expected {}: a hole", entry.name, entry.first, end);
        end = entry.last;
    }
    if (end != data_size) source.fail("{} bytes follow the last tensor, expected none", data_size - end);
}

Metadata metadata_of(const Source& source, const json& value) {
    if (!value.is_object()) source.fail("{} is {}, expected texts by name", metadata_key, value.type_name());
    Metadata metadata;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) source.fail("{} `{}` is {}, expected text", metadata_key, key, text.type_name());
        metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
}

Tensor read_tensor(const Source& source, const Entry& entry, std::uint64_t data_start) {
    Tensor tensor = Tensor::uninitialized(entry.shape, entry.format->dtype);
    if (entry.format->widen) {
        std::vector<std::byte> narrow(entry.last - entry.first);
        if (!narrow.empty()) source.read(data_start + entry.first, narrow);
        entry.format->widen(narrow, tensor.fresh_data<std::byte>());
        return tensor;
    }
    const std::span<std::byte> bytes(tensor.fresh_data<std::byte>(), tensor.bytes());
    if (bytes.empty()) return tensor;
    source.read(data_start + entry.first, bytes);
    if (tensor.dtype() == Dtype::boolean &&
        std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; }))
        source.fail("`{}` is BOOL and has a byte that is neither 0 nor 1", entry.name);
    return tensor;
}

TensorFile read_all(const Source& source) {
    std::array<char, length_bytes> length{};
    if (source.size < length_bytes) source.fail("has {} bytes, expected at least {}", source.size, length_bytes);
    source.read(0, std::as_writable_bytes(std::span(length)));
    const auto header_size = std::bit_cast<std::uint64_t>(length);
    if (header_size > max_header) source.fail("the header claims {} bytes, expected at most {}", header_size, max_header);
    if (header_size > source.size - length_bytes)
        source.fail("the header claims {} bytes, but {} follow: the file is truncated", header_size,
                    source.size - length_bytes);
    std::string text(header_size, ' ');
    source.read(length_bytes, std::as_writable_bytes(std::span(text)));
    const json header = parse_strictly(source, text);
    if (!header.is_object()) source.fail("the header is {}, expected an object", header.type_name());

    const std::uint64_t data_start = length_bytes + header_size;
    TensorFile file;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
        if (name == metadata_key) file.metadata = metadata_of(source, value);
        else entries.push_back(entry_of(source, name, value, source.size - data_start));
    }
    // Empty tensors share their first byte with the next one, so the last byte decides too.
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return std::pair(a.first, a.last) < std::pair(b.first, b.last); });
    check_cover(source, entries, source.size - data_start);
    file.tensors.reserve(entries.size());
    for (Entry& entry : entries) {
        Tensor tensor = read_tensor(source, entry, data_start);
        file.tensors.emplace_back(std::move(entry.name), std::move(tensor));
    }
    return file;
}

/// An open file.
class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return value_; }

private:
    int value_;
};

}  // namespace

void save_tensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
    with_pieces(tensors, metadata, [&](auto pieces) { write_file_atomically(path, pieces); });
}

std::vector<std::byte> encode_tensors(const NamedTensors& tensors, const Metadata& metadata) {
    return with_pieces(tensors, metadata, [](auto pieces) {
        std::vector<std::byte> bytes;
        for (const auto piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
        return bytes;
    });
}

TensorFile load_tensors(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
        throw IoError(fmt::format("load: {}: cannot open it: {}", path, std::strerror(errno)));
    if (!S_ISREG(status.st_mode)) throw IoError(fmt::format("load: {}: is not a regular file", path));
    Source source{path, static_cast<std::uint64_t>(status.st_size), {}};
    source.read = [&](std::uint64_t offset, std::span<std::byte> to) {
        while (!to.empty()) {
            const ssize_t count = ::pread(file.get(), to.data(), to.size(), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) source.fail("cannot read it: {}", std::strerror(errno));
            if (count == 0) source.fail("became shorter while it was read");
            offset += static_cast<std::uint64_t>(count);
            to = to.subspan(static_cast<std::size_t>(count));
        }
    };
    return read_all(source);
}

TensorFile decode_tensors(std::span<const std::byte> bytes, std::string_view source) {
    return read_all({std::string(source), bytes.size(), [&](std::uint64_t offset, std::span<std::byte> to) {
                         std::copy_n(bytes.data() + offset, to.size(), to.data());
                     }});
}

std::vector<Tensor> detail::matched(std::string_view source, TensorFile& file, const NamedTensors& expected) {
    std::unordered_map<std::string_view, Tensor*> found;
    for (auto& [name, tensor] : file.tensors) found.emplace(name, &tensor);
    std::vector<Tensor> values;
    std::vector<std::string> missing, different, unexpected;
    for (const auto& [name, leaf] : expected) {
        const auto at = found.find(name);
        if (at == found.end()) {
            missing.push_back(fmt::format("missing `{}` {}", name, described(leaf)));
            continue;
        }
        Tensor& tensor = *at->second;
        if (tensor.shape() != leaf.shape() || tensor.dtype() != leaf.dtype())
            different.push_back(fmt::format("`{}` is {}, expected {}", name, described(tensor), described(leaf)));
        values.push_back(std::move(tensor));
        found.erase(at);
    }
    for (const auto& [name, tensor] : file.tensors)
        if (found.contains(name)) unexpected.push_back(fmt::format("unexpected `{}` {}", name, described(tensor)));
    if (missing.empty() && different.empty() && unexpected.empty()) return values;
    missing.insert(missing.end(), unexpected.begin(), unexpected.end());
    missing.insert(missing.end(), different.begin(), different.end());
    throw IoError(fmt::format("load: {}: does not fit the tree: {}", source, fmt::join(missing, "; ")));
}

}  // namespace cotangent
