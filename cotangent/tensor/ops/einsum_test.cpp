#include "cotangent/tensor/ops/einsum.hpp"

#include <array>
#include <cmath>
#include <map>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/random.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

/// The sum over every value of every letter, one term after the other.
std::vector<double> definition(const std::string& of_a, const std::string& of_b, const std::string& result, const ct::Tensor& a,
                               const ct::Tensor& b) {
    std::map<char, std::int64_t> length, at;
    for (std::size_t i = 0; i < of_a.size(); ++i) length[of_a[i]] = a.shape()[int(i)];
    for (std::size_t i = 0; i < of_b.size(); ++i) length[of_b[i]] = b.shape()[int(i)];
    const auto offset = [&](const std::string& letters) {
        std::int64_t position = 0;
        for (const char letter : letters) position = position * length[letter] + at[letter];
        return std::size_t(position);
    };
    std::int64_t size = 1;
    for (const char letter : result) size *= length[letter];
    const auto x = a.to_vector<double>(), y = b.to_vector<double>();
    std::vector<double> sums(std::size_t(size), 0.0);
    for (;;) {
        sums[offset(result)] += x[offset(of_a)] * y[offset(of_b)];
        auto letter = at.begin();
        for (auto& [name, count] : length) at.try_emplace(name, 0);
        for (letter = at.begin(); letter != at.end(); ++letter) {
            if (++letter->second < length[letter->first]) break;
            letter->second = 0;
        }
        if (letter == at.end()) return sums;
    }
}

}  // namespace

TEST_CASE("einsum of two operands is its definition") {
    const std::map<char, std::int64_t> length{{'b', 2}, {'h', 3}, {'i', 4}, {'j', 5}, {'k', 2}, {'d', 3}};
    ct::Rng rng(1);
    for (const auto& [of_a, of_b, result] : std::vector<std::array<std::string, 3>>{{"ij", "jk", "ik"},      {"ij", "jk", "ki"},
                                                                                    {"bij", "bjk", "bik"},    {"bhid", "bhjd", "bhij"},
                                                                                    {"ji", "jk", "ik"},       {"ij", "kj", "ik"},
                                                                                    {"i", "j", "ij"},         {"i", "i", ""},
                                                                                    {"bihd", "bjhd", "bhij"}, {"ij", "ij", "ij"},
                                                                                    {"ij", "ij", "j"},        {"ijk", "jb", "kb"},
                                                                                    {"ij", "k", "j"},         {"", "ij", "ji"}}) {
        CAPTURE(of_a);
        CAPTURE(of_b);
        CAPTURE(result);
        const auto draw = [&](const std::string& letters) {
            ct::Shape shape;
            for (const char letter : letters) shape.push_back(length.at(letter));
            return ct::normal(rng, shape, 0, 1, ct::Dtype::float64);
        };
        const auto a = draw(of_a), b = draw(of_b);
        const auto seen = ct::einsum(of_a + "," + of_b + "->" + result, a, b);
        const auto expected = definition(of_a, of_b, result, a, b);
        const auto values = seen.to_vector<double>();
        REQUIRE(values.size() == expected.size());
        CHECK(seen.rank() == int(result.size()));
        for (std::size_t i = 0; i < values.size(); ++i) CHECK(std::abs(values[i] - expected[i]) < 1e-12);
    }
}

TEST_CASE("einsum of one operand sums and transposes, and finds the result by itself") {
    const auto x = ct::reshape(ct::arange(0, 6), {2, 3});
    CHECK(ct::einsum("ij->ji", x).to_vector<int>() == std::vector{0, 3, 1, 4, 2, 5});
    CHECK(ct::einsum("ij->j", x).to_vector<int>() == std::vector{3, 5, 7});
    CHECK(ct::einsum("ij ->", x).item() == 15);
    CHECK(ct::einsum("ba", x).shape() == ct::Shape{3, 2});
    CHECK(ct::einsum("ij, kj", x, x).to_vector<int>() == std::vector{5, 14, 14, 50});
}

TEST_CASE("einsum names the label that is wrong") {
    const auto x = ct::ones({2, 3});
    CHECK_THROWS_WITH_AS((void)ct::einsum("ij,jk->ik", x, x),
                         "einsum: label 'j' of 'ij,jk->ik' has length 2 in shape [2, 3], expected 3 as in the other operand", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::einsum("ijk->i", x), "einsum: 'ijk->i' names 3 axes 'ijk', expected 2 for shape [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::einsum("ij->z", x), "einsum: 'ij->z' has label 'z' in the result, expected one of an operand's",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::einsum("ii->i", x), "einsum: 'ii->i' has label 'i' twice in 'ii', expected once", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::einsum("i.->i", x), "einsum: 'i.->i' has '.', expected letters, commas and one ->", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::einsum("ij,jk,kl", x, x), "einsum: 'ij,jk,kl' has 3 operands, expected 2", ct::ValueError);
}
