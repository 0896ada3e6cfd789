#include "cotangent/tensor/ops/take.hpp"

#include <random>
#include <vector>

#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace {

using Ints = std::vector<int>;

ct::Tensor counting(const ct::Shape& shape) {
    return ct::reshape(ct::arange(0, static_cast<double>(shape.size())), shape);
}
ct::Tensor indices(std::initializer_list<std::int64_t> values) { return ct::Tensor::of<std::int64_t>(values); }

}  // namespace

// Expected values from numpy.take and numpy.take_along_axis.
TEST_CASE("take replaces an axis by the axes of the indices") {
    const ct::Tensor x = counting({3, 4});
    CHECK(ct::take(x, indices({2, 0, -1})).to_vector<int>() == Ints{8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11});
    CHECK(ct::take(x, indices({3, -4}), 1).to_vector<int>() == Ints{3, 0, 7, 4, 11, 8});
    const ct::Tensor tokens = ct::Tensor::of<std::int32_t>({{0, 1}, {2, 2}});
    CHECK(ct::take(x, tokens).shape() == ct::Shape{2, 2, 4});
    CHECK(ct::take(x, tokens, -1).shape() == ct::Shape{3, 2, 2});
    CHECK(ct::take(x, ct::full({}, 1, ct::Dtype::int64)).to_vector<int>() == Ints{4, 5, 6, 7});
    CHECK(ct::take(x, ct::zeros({0}, ct::Dtype::int64)).shape() == ct::Shape{0, 4});
    for (const ct::Dtype dtype : {ct::Dtype::bfloat16, ct::Dtype::float64, ct::Dtype::uint8})
        CHECK(ct::take(ct::cast(x, dtype), indices({1})).to_vector<int>() == Ints{4, 5, 6, 7});
}

TEST_CASE("scatter_add adds repeated indices up") {
    const ct::Tensor x = ct::full({3, 2}, 100);
    CHECK(ct::scatter_add(x, indices({1, 1, -1}), counting({3, 2})).to_vector<int>() == Ints{100, 100, 102, 104, 104, 105});
    CHECK(ct::scatter_add(x, indices({1, 0, 1}), counting({3, 3}), 1).to_vector<int>() == Ints{101, 102, 104, 108, 107, 114});
    CHECK(x.to_vector<int>() == Ints(6, 100));
    CHECK(ct::scatter_add(ct::zeros({2}, ct::Dtype::int32), ct::Tensor::of<std::int32_t>({1, 1}), ct::ones({2}, ct::Dtype::int32))
              .to_vector<int>() == Ints{0, 2});
}

TEST_CASE("scatter_add does not depend on the number of threads") {
    const int before = ct::thread_count();
    std::mt19937 engine(7);
    std::vector<std::int64_t> chosen;
    std::vector<float> numbers;
    for (int k = 0; k < 3000; ++k) chosen.push_back(engine() % 50);
    for (int k = 0; k < 3000 * 100; ++k) numbers.push_back(static_cast<float>(engine()) / 1e9f);
    const ct::Tensor where = ct::Tensor::from(chosen, {3000}), updates = ct::Tensor::from(numbers, {3000, 100});
    ct::set_thread_count(1);
    const auto expected = ct::scatter_add(ct::zeros({50, 100}), where, updates).to_vector<float>();
    ct::set_thread_count(4);
    CHECK(ct::scatter_add(ct::zeros({50, 100}), where, updates).to_vector<float>() == expected);
    ct::set_thread_count(before);
}

TEST_CASE("take_along_axis chooses one element a place") {
    const ct::Tensor x = counting({2, 3, 2});
    const ct::Tensor where = ct::Tensor::from(std::vector<std::int64_t>{2, 0, 0, -1, 1, 1, 0, 2}, {2, 2, 2});
    CHECK(ct::take_along_axis(x, where, 1).to_vector<int>() == Ints{4, 1, 0, 5, 8, 9, 6, 11});
    const ct::Tensor labels = ct::Tensor::from(std::vector<std::int32_t>{1, 0}, {2, 1});
    CHECK(ct::take_along_axis(counting({2, 3}), labels, -1).to_vector<int>() == Ints{1, 3});
}

TEST_CASE("one_hot marks each index on a new last axis") {
    const ct::Tensor x = ct::one_hot(indices({1, -1}), 3);
    CHECK(x.shape() == ct::Shape{2, 3});
    CHECK(x.dtype() == ct::Dtype::float32);
    CHECK(x.to_vector<int>() == Ints{0, 1, 0, 0, 0, 1});
    CHECK(ct::one_hot(indices({1}), 2, ct::Dtype::boolean).to_vector<int>() == Ints{0, 1});
    CHECK(ct::one_hot(indices({1}), 2, ct::Dtype::bfloat16).to_vector<int>() == Ints{0, 1});
}

TEST_CASE("indexing names the index that is wrong") {
    const ct::Tensor x = counting({3, 4});
    CHECK_THROWS_WITH_AS((void)ct::take(x, indices({0, 3})), "take: index is 3, expected -3 to 2 for axis 0 of [3, 4]", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::take(x, indices({-5}), 1), "take: index is -5, expected -4 to 3 for axis 1 of [3, 4]", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::take(x, ct::ones({1})), "take: dtype is float32, expected int32 or int64 for indices", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::scatter_add(x, indices({0}), ct::ones({4})),
                         "scatter_add: updates have shape [4], expected [1, 4] for indices [1] along axis 0 of [3, 4]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::take_along_axis(x, indices({0}), 0),
                         "take_along_axis: indices have shape [1], expected [3, 4] but for axis 0", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::one_hot(indices({2}), 2), "one_hot: index is 2, expected -2 to 1 for depth 2", ct::ValueError);
    CHECK_THROWS_AS((void)ct::take(x, indices({0}), 2), ct::ShapeError);
}
