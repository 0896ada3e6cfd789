#include "cotangent/tensor/ops/sort.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/take.hpp"

#include <doctest/doctest.h>

namespace {

using Ints = std::vector<int>;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("sort and argsort order any axis, equal elements by place") {
    const ct::Tensor x = ct::Tensor::of<float>({{3, 1, 2, 1}, {0, 5, 0, 4}});
    CHECK(ct::sort(x).to_vector<int>() == Ints{1, 1, 2, 3, 0, 0, 4, 5});
    CHECK(ct::argsort(x).to_vector<int>() == Ints{1, 3, 2, 0, 0, 2, 3, 1});
    CHECK(ct::sort(x, {.axis = 0}).to_vector<int>() == Ints{0, 1, 0, 1, 3, 5, 2, 4});
    CHECK(ct::argsort(x, {.descending = true}).to_vector<int>() == Ints{0, 2, 1, 3, 1, 3, 0, 2});
    CHECK(ct::sort(ct::Tensor::of<bool>({true, false, true})).to_vector<int>() == Ints{0, 1, 1});
    CHECK(ct::sort(ct::zeros({2, 0})).shape() == ct::Shape{2, 0});
}

TEST_CASE("sort gives what std::sort gives") {
    for (unsigned seed = 0; seed < 32; ++seed) {
        std::mt19937 engine(seed);
        std::vector<std::int32_t> values(engine() % 300);
        for (auto& value : values) value = static_cast<std::int32_t>(engine() % 100) - 50;
        const ct::Tensor x = ct::Tensor::from(values, {static_cast<std::int64_t>(values.size())});
        auto expected = values;
        std::sort(expected.begin(), expected.end());
        CHECK(ct::sort(x).to_vector<std::int32_t>() == expected);
        CHECK(ct::take(x, ct::argsort(x)).to_vector<std::int32_t>() == expected);
        std::reverse(expected.begin(), expected.end());
        const auto k = std::min<std::size_t>(5, values.size());
        expected.resize(k);
        CHECK(ct::top_k(x, static_cast<std::int64_t>(k)).values.to_vector<std::int32_t>() == expected);
    }
}

TEST_CASE("sort puts NaN last either way") {
    const ct::Tensor x = ct::Tensor::of<double>({not_a_number, 2, not_a_number, 1});
    CHECK(ct::argsort(x).to_vector<int>() == Ints{3, 1, 0, 2});
    CHECK(ct::argsort(x, {.descending = true}).to_vector<int>() == Ints{1, 3, 0, 2});
    CHECK(std::isnan(ct::sort(x).to_vector<double>()[3]));
}

TEST_CASE("top_k gives the largest first and of equal ones the first") {
    const ct::Tensor x = ct::Tensor::of<float>({{3, 7, 7, 1}, {0, -1, -2, -3}});
    const ct::TopK best = ct::top_k(x, 2);
    CHECK(best.values.to_vector<int>() == Ints{7, 7, 0, -1});
    CHECK(best.indices.to_vector<int>() == Ints{1, 2, 0, 1});
    CHECK(best.indices.dtype() == ct::Dtype::int64);
    CHECK(ct::top_k(x, 1, 0).values.to_vector<int>() == Ints{3, 7, 7, 1});
    CHECK(ct::top_k(x, 0).values.shape() == ct::Shape{2, 0});
    CHECK_THROWS_WITH_AS((void)ct::top_k(x, 5), "top_k: k is 5, expected 0 to 4 for axis 1 of [2, 4]", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::sort(x, {.axis = 2}), "sort: axis is 2, expected -2 to 1 for rank 2", ct::ShapeError);
}
