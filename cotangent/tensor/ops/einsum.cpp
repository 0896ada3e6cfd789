#include "cotangent/tensor/ops/einsum.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "cotangent/tensor/ops/matmul.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/transpose.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

bool has(std::string_view letters, char letter) { return letters.find(letter) != std::string_view::npos; }

struct Specification {
    std::vector<std::string> operands;
    std::string result;
};

void check_letters(std::string_view specification, const std::string& part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
        const char letter = part[i];
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')))
            throw ValueError(fmt::format("einsum: '{}' has '{}', expected letters, commas and one ->", specification, letter));
        if (has(std::string_view(part).substr(i + 1), letter))
            throw ValueError(fmt::format("einsum: '{}' has label '{}' twice in '{}', expected once", specification, letter, part));
    }
}

Specification parse(std::string_view specification, std::size_t operand_count) {
    std::string text;
    for (const char c : specification)
        if (c != ' ') text.push_back(c);
    const std::size_t arrow = text.find("->");
    Specification parsed;
    std::string operand;
    for (const char c : text.substr(0, arrow) + ",") {
        if (c != ',') {
            operand.push_back(c);
            continue;
        }
        parsed.operands.push_back(operand);
        operand.clear();
    }
    if (parsed.operands.size() != operand_count)
        throw ValueError(fmt::format("einsum: '{}' has {} operands, expected {}", specification, parsed.operands.size(), operand_count));
    for (const std::string& part : parsed.operands) check_letters(specification, part);
    std::string all;
    for (const std::string& part : parsed.operands) all += part;
    if (arrow != std::string::npos) {
        parsed.result = text.substr(arrow + 2);
        check_letters(specification, parsed.result);
        for (const char letter : parsed.result)
            if (!has(all, letter))
                throw ValueError(fmt::format("einsum: '{}' has label '{}' in the result, expected one of an operand's", specification, letter));
    } else {
        for (const char letter : all)
            if (std::count(all.begin(), all.end(), letter) == 1) parsed.result.push_back(letter);
        std::sort(parsed.result.begin(), parsed.result.end());
    }
    return parsed;
}

/// The length each letter stands for.
using Lengths = std::array<std::int64_t, 128>;

void read_lengths(std::string_view specification, const std::string& letters, const Tensor& x, Lengths& lengths) {
    if (static_cast<int>(letters.size()) != x.rank())
        throw ShapeError(fmt::format("einsum: '{}' names {} axes '{}', expected {} for shape {}", specification, letters.size(), letters,
                                     x.rank(), to_string(x.shape())));
    for (int axis = 0; axis < x.rank(); ++axis) {
        std::int64_t& length = lengths[static_cast<std::size_t>(letters[static_cast<std::size_t>(axis)])];
        if (length >= 0 && length != x.shape()[axis])
            throw ShapeError(fmt::format("einsum: label '{}' of '{}' has length {} in shape {}, expected {} as in the other operand",
                                         letters[static_cast<std::size_t>(axis)], specification, x.shape()[axis], to_string(x.shape()), length));
        length = x.shape()[axis];
    }
}

/// x with its axes in the order of `wanted`, which has the same letters.
Tensor ordered(const Tensor& x, const std::string& letters, const std::string& wanted) {
    if (letters == wanted) return x;
    std::vector<int> axes;
    for (const char letter : wanted) axes.push_back(static_cast<int>(letters.find(letter)));
    return transpose(x, std::span<const int>(axes));
}

/// Sums away the letters that are not in `kept`.
Tensor reduced(const Tensor& x, std::string& letters, const std::string& kept) {
    std::vector<int> axes;
    std::string rest;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (has(kept, letters[i])) rest.push_back(letters[i]);
        else axes.push_back(static_cast<int>(i));
    }
    letters = rest;
    return axes.empty() ? x : sum(x, {.axes = axes});
}

}  // namespace

Tensor einsum(std::string_view specification, const Tensor& a) {
    Specification parsed = parse(specification, 1);
    Lengths lengths;
    lengths.fill(-1);
    read_lengths(specification, parsed.operands[0], a, lengths);
    const Tensor x = reduced(a, parsed.operands[0], parsed.result);
    return ordered(x, parsed.operands[0], parsed.result);
}

// The letters of two operands: of both and the result (batch), of both only (summed), of one and the result (rows or
// columns), of one only (summed first). As matrices: [batch, rows, summed] x [batch, summed, columns].
Tensor einsum(std::string_view specification, const Tensor& a, const Tensor& b) {
    Specification parsed = parse(specification, 2);
    std::string &of_a = parsed.operands[0], &of_b = parsed.operands[1];
    Lengths lengths;
    lengths.fill(-1);
    read_lengths(specification, of_a, a, lengths);
    read_lengths(specification, of_b, b, lengths);
    const Tensor left = reduced(a, of_a, parsed.result + of_b), right = reduced(b, of_b, parsed.result + of_a);
    std::string batch, summed, rows, columns;
    for (const char letter : of_a) {
        if (!has(of_b, letter)) rows.push_back(letter);
        else if (has(parsed.result, letter)) batch.push_back(letter);
        else summed.push_back(letter);
    }
    for (const char letter : of_b)
        if (!has(of_a, letter)) columns.push_back(letter);
    const auto size = [&](const std::string& letters) {
        std::int64_t product = 1;
        for (const char letter : letters) product *= lengths[static_cast<std::size_t>(letter)];
        return product;
    };
    // An operand that already lies transposed is read so instead of moved.
    const bool transpose_a = of_a == batch + summed + rows && !summed.empty(), transpose_b = of_b == batch + columns + summed && !summed.empty();
    const Tensor matrix_a = reshape(ordered(left, of_a, transpose_a ? of_a : batch + rows + summed),
                                    transpose_a ? Shape{size(batch), size(summed), size(rows)} : Shape{size(batch), size(rows), size(summed)});
    const Tensor matrix_b = reshape(ordered(right, of_b, transpose_b ? of_b : batch + summed + columns),
                                    transpose_b ? Shape{size(batch), size(columns), size(summed)} : Shape{size(batch), size(summed), size(columns)});
    Shape shape;
    for (const char letter : batch + rows + columns) shape.push_back(lengths[static_cast<std::size_t>(letter)]);
    return ordered(reshape(matmul(matrix_a, matrix_b, {transpose_a, transpose_b}), shape), batch + rows + columns, parsed.result);
}

}  // namespace cotangent
