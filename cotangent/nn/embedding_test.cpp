#include "cotangent/nn/embedding.hpp"

#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("an embedding gives the row of each index, in the indices' shape") {
    const nn::Embedding embedding{Tensor::of<float>({{1, 2}, {3, 4}, {5, 6}})};
    CHECK(embedding(Tensor::of<std::int64_t>({2, 0})).to_vector<float>() == std::vector<float>{5, 6, 1, 2});
    const Tensor grid = embedding(Tensor::of<std::int32_t>({{1, 1, 0}, {2, 0, 0}}));
    CHECK(grid.shape() == ct::Shape{2, 3, 2});
}

TEST_CASE("the gradient of an embedding counts each index as often as it is there") {
    const nn::Embedding embedding{ct::zeros({3, 2})};
    const auto gradient = ct::grad([](const nn::Embedding& e) { return sum(e(Tensor::of<std::int64_t>({2, 0, 2}))); })(embedding);
    CHECK(gradient.table.to_vector<float>() == std::vector<float>{1, 1, 0, 0, 2, 2});
}

TEST_CASE("an embedding refuses an index outside its table") {
    const nn::Embedding embedding{ct::zeros({3, 2})};
    CHECK_THROWS_AS((void)embedding(Tensor::of<std::int64_t>({3})), ct::ValueError);
    CHECK_THROWS_AS((void)embedding(Tensor::of<float>({1})), ct::DtypeError);
}
