// Follows NumPy's arrayprint: every element is written with the fewest digits that read back as itself, at most 8 of
// them behind the point; columns align at the point; a tensor of more than 1000 elements shows 3 at each end of an axis.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

constexpr int precision = 8;
constexpr std::int64_t threshold = 1000;  // more elements are shortened
constexpr std::int64_t edge_items = 3;
constexpr std::size_t line_width = 75;

/// A finite number as text, cut where columns align.
struct Parts {
    std::string whole;     // with the sign
    std::string fraction;  // without trailing zeros
    std::string exponent;  // sign and digits, or nothing
};

Parts split_at_marks(const char* first, const char* last) {
    const std::string text(first, last);
    const std::size_t e = text.find('e'), point = std::min(text.find('.'), e);
    return {text.substr(0, point), point < e ? text.substr(point + 1, e - point - 1) : "", text.substr(e + 1)};
}

/// sign d.ddd e exponent with exactly `digits` behind the point.
template <class T>
Parts scientific_digits(T value, int digits) {
    char buffer[64];
    return split_at_marks(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, digits).ptr);
}

/// sign d.ddd e exponent with the fewest digits that read back as `value`, at most `limit` behind the point.
template <class T>
Parts scientific(T value, int limit) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
    Parts parts = split_at_marks(buffer, end);
    if (static_cast<int>(parts.fraction.size()) > limit) parts = scientific_digits(value, limit);
    parts.fraction.erase(parts.fraction.find_last_not_of('0') + 1);
    return parts;
}

/// The same without exponent.
template <class T>
Parts positional(T value, int limit) {
    const Parts parts = scientific(value, 40);
    const int exponent = std::stoi(parts.exponent);
    if (static_cast<int>(parts.fraction.size()) - exponent > limit) {
        char buffer[512];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, limit).ptr;
        const std::string text(buffer, end);
        const std::size_t point = text.find('.');
        Parts fixed{text.substr(0, point), text.substr(point + 1), ""};
        fixed.fraction.erase(fixed.fraction.find_last_not_of('0') + 1);
        return fixed;
    }
    const std::string sign = std::signbit(value) ? "-" : "";
    const std::string digits = fmt::format("{}{}", parts.whole.substr(sign.size()), parts.fraction);
    if (exponent < 0) return {fmt::format("{}0", sign), fmt::format("{:0>{}}{}", "", -exponent - 1, digits), ""};
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) return {fmt::format("{}{:0<{}}", sign, digits, whole), "", ""};
    return {fmt::format("{}{}", sign, digits.substr(0, whole)), digits.substr(whole), ""};
}

std::string not_finite(double value) { return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"; }

/// A number that stands alone, as Python's str: 3.0, 1e-05.
template <class T>
std::string scalar_text(T value) {
    if (!std::isfinite(value)) return not_finite(value);
    const double size = std::abs(static_cast<double>(value));
    if (size != 0 && (size < 1e-4 || size >= (std::is_same_v<T, float> ? 1e6 : 1e16))) {
        const Parts parts = scientific(value, 40);
        return fmt::format("{}{}{}e{}", parts.whole, parts.fraction.empty() ? "" : ".", parts.fraction, parts.exponent);
    }
    const Parts parts = positional(value, 40);
    return fmt::format("{}.{}", parts.whole, parts.fraction.empty() ? "0" : parts.fraction);
}

std::string padded(std::size_t width, const std::string& text) { return fmt::format("{:>{}}", text, width); }

/// Texts of equal width for the floating elements that are shown.
template <class T>
std::vector<std::string> column_texts(const std::vector<T>& values) {
    double largest = 0, smallest = 0;
    for (const T value : values)
        if (std::isfinite(value) && value != 0) {
            const double size = std::abs(static_cast<double>(value));
            largest = std::max(largest, size);
            smallest = smallest == 0 ? size : std::min(smallest, size);
        }
    const T small = static_cast<T>(smallest), ratio = largest > 0 ? static_cast<T>(largest) / small : 0;
    const bool with_exponent = largest >= (std::is_same_v<T, float> ? 1e6 : 1e8) || (largest > 0 && small < T(1e-4)) || ratio > 1000;
    std::vector<Parts> parts(values.size());
    std::size_t left = 0, right = 0, exponent = 0;
    bool any_finite = false;
    for (std::size_t k = 0; k < values.size(); ++k) {
        if (!std::isfinite(values[k])) continue;
        any_finite = true;
        parts[k] = with_exponent ? scientific(values[k], precision) : positional(values[k], precision);
        left = std::max(left, parts[k].whole.size());
        right = std::max(right, parts[k].fraction.size());
        if (with_exponent) exponent = std::max(exponent, parts[k].exponent.size());
    }
    // Width: the whole part, a point, the fraction and `e` with the exponent; without finite elements just the words.
    std::size_t width = any_finite ? left + 1 + right + (with_exponent ? 1 + exponent : 0) : 1;
    for (const T value : values)
        if (!std::isfinite(value)) width = std::max(width, std::max(std::size_t{3}, not_finite(value).size()));
    const std::size_t before_point = any_finite ? width - (right + 1 + (with_exponent ? 1 + exponent : 0)) : 0;
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < values.size(); ++k) {
        if (!std::isfinite(values[k])) {
            texts.push_back(padded(width, not_finite(values[k])));
            continue;
        }
        // Behind an exponent all have the digits of the longest: those of the value itself, not zeros.
        const auto [whole, fraction, power] = with_exponent ? scientific_digits(values[k], static_cast<int>(right)) : parts[k];
        if (with_exponent)
            texts.push_back(fmt::format("{:>{}}.{:0<{}}e{}{:0>{}}", whole, before_point, fraction, right, power[0],
                                        power.substr(1), exponent - 1));
        else texts.push_back(fmt::format("{:>{}}.{:<{}}", whole, before_point, fraction, right));
    }
    return texts;
}

/// Walks what is shown of a tensor; `texts` holds the shown elements in order.
class Printer {
public:
    Printer(const Shape& shape, bool shortened) : shape_(shape), shortened_(shortened) {}

    /// The flat positions of the shown elements.
    [[nodiscard]] std::vector<std::int64_t> shown() const {
        std::vector<std::int64_t> result;
        collect(0, 0, result);
        return result;
    }
    [[nodiscard]] std::string text(std::vector<std::string> texts) {
        texts_ = std::move(texts);
        next_ = 0;
        return axis_text(0, " ", line_width);
    }

private:
    [[nodiscard]] bool is_shortened(int axis) const { return shortened_ && shape_[axis] > 2 * edge_items; }

    void collect(int axis, std::int64_t first, std::vector<std::int64_t>& result) const {
        if (axis == shape_.rank()) return result.push_back(first);
        for (std::int64_t i = 0; i < shape_[axis]; ++i) {
            if (is_shortened(axis) && i == edge_items) i = shape_[axis] - edge_items;
            collect(axis + 1, first * shape_[axis] + i, result);
        }
    }

    /// One axis in brackets. `indent` starts each of its lines but the first.
    std::string axis_text(int axis, const std::string& indent, std::size_t width) {
        const int axes_left = shape_.rank() - axis;
        const std::int64_t count = is_shortened(axis) ? 2 * edge_items : shape_[axis];
        const std::int64_t gap = is_shortened(axis) ? edge_items : -1;
        std::string text, line = indent;
        if (axes_left == 1) {
            const auto add = [&](const std::string& word, bool last) {
                if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
                    line.erase(line.find_last_not_of(' ') + 1);
                    text += line;
                    text += '\n';
                    line = indent;
                }
                line += word;
                if (!last) line += ' ';
            };
            for (std::int64_t i = 0; i < count; ++i) {
                if (i == gap) add("...", false);
                add(texts_[next_++], i == count - 1);
            }
            text += line;
        } else {
            const std::string between(static_cast<std::size_t>(axes_left) - 1, '\n');
            for (std::int64_t i = 0; i < count; ++i) {
                if (i == gap) text += fmt::format("{}...{}", indent, between);
                text += fmt::format("{}{}{}", indent, axis_text(axis + 1, indent + ' ', width - 1), i < count - 1 ? between : "");
            }
        }
        return fmt::format("[{}]", text.substr(indent.size()));
    }

    Shape shape_;
    bool shortened_;
    std::vector<std::string> texts_;
    std::size_t next_ = 0;
};

template <class T>
auto printed(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return static_cast<float>(value);
    else return value;
}

template <class T>
std::string scalar(T value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "True" : "False";
    else if constexpr (std::is_integral_v<T>) return fmt::format("{}", value);
    else return scalar_text(value);
}

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
    if constexpr (std::is_floating_point_v<T>) return column_texts(values);
    else {
        std::vector<std::string> texts;
        std::size_t width = 0;
        for (const T value : values) {
            texts.push_back(scalar(value));
            width = std::max(width, std::is_same_v<T, bool> ? 5 : texts.back().size());
        }
        for (std::string& text : texts) text = padded(width, text);
        return texts;
    }
}

}  // namespace

std::string to_string(const Tensor& tensor) {
    return dispatch(tensor.dtype(), [&]<class T>(T) -> std::string {
        if (tensor.size() == 0) return "[]";
        const T* values = tensor.values<T>().data();
        if (tensor.rank() == 0) return scalar(printed(values[0]));
        Printer printer(tensor.shape(), tensor.size() > threshold);
        std::vector<decltype(printed(T{}))> shown;
        for (const std::int64_t at : printer.shown()) shown.push_back(printed(values[at]));
        return printer.text(texts_of(shown));
    });
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) { return stream << to_string(tensor); }

}  // namespace cotangent
