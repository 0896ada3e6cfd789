#include "cotangent/nn/dense.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/attention.hpp"
#include "cotangent/nn/batch_norm.hpp"
#include "cotangent/nn/conv2d.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/embedding.hpp"
#include "cotangent/nn/group_norm.hpp"
#include "cotangent/nn/layer_norm.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("dense multiplies by the weight and adds the bias over the last axis") {
    const nn::Dense dense{Tensor::of<float>({{1, 2, 3}, {4, 5, 6}}), Tensor::of<float>({10, 20, 30})};
    CHECK(dense(Tensor::of<float>({1, 1})).to_vector<float>() == std::vector<float>{15, 27, 39});
    CHECK(dense(Tensor::of<float>({{1, 0}, {0, 2}})).to_vector<float>() == std::vector<float>{11, 22, 33, 18, 30, 42});
    const Tensor deep = dense(Tensor::from<float>({1, 0, 0, 2, 1, 1, 0, 0}, {2, 2, 2}));
    CHECK(deep.shape() == ct::Shape{2, 2, 3});
    CHECK(deep.to_vector<float>() == std::vector<float>{11, 22, 33, 18, 30, 42, 15, 27, 39, 10, 20, 30});
    CHECK(nn::Dense{dense.weight, {}}(Tensor::of<float>({1, 1})).to_vector<float>() == std::vector<float>{5, 7, 9});
}

TEST_CASE("dense has the derivatives that differences give, by its fields and by x") {
    ct::Rng rng(1);
    const auto call = [](const nn::Dense& dense, const Tensor& x) { return tanh(dense(x)); };
    const nn::Dense dense = ct::cast_tree(nn::Dense::init(rng, {.inputs = 3, .outputs = 4}), ct::Dtype::float64);
    CHECK_NOTHROW(ct::check_derivatives(call, dense, random_tensor({5, 3}, 2)));
    CHECK_NOTHROW(ct::check_derivatives(call, dense, random_tensor({2, 2, 3}, 3)));
}

TEST_CASE("dense without bias has none, and its gradient neither") {
    ct::Rng rng(1);
    const nn::Dense dense = nn::Dense::init(rng, {.inputs = 3, .outputs = 4, .bias = false});
    CHECK(dense.bias.is_empty());
    const auto gradient = ct::grad([](const nn::Dense& d, const Tensor& x) { return sum(d(x)); })(dense, ct::ones({2, 3}));
    CHECK(gradient.bias.is_empty());
    CHECK(gradient.weight.to_vector<float>() == std::vector<float>(12, 2));
}

TEST_CASE("layers name a size that was forgotten") {
    ct::Rng rng(1);
    CHECK_THROWS_WITH_AS((void)nn::Dense::init(rng, {.outputs = 4}), "dense: inputs = 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::Conv2d::init(rng, {.inputs = 4, .outputs = 4, .groups = 0}), "conv2d: groups = 0, expected at least 1",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::Conv2d::init(rng, {.inputs = 3, .outputs = 4, .groups = 2}),
                         "conv2d: inputs = 3 and outputs = 4, expected multiples of groups = 2", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::Embedding::init(rng, {.width = 4}), "embedding: count = 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::GroupNorm::init(6, 4), "group_norm: channels = 6, expected a multiple of groups = 4", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::LayerNorm::init(0), "layer_norm: width = 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::BatchNorm::init(-1), "batch_norm: channels = -1, expected at least 1", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::MultiHeadAttention::init(rng, {.width = 8, .heads = 0}), "attention: heads = 0, expected at least 1",
                         ct::ValueError);
}

TEST_CASE("dense names the shape that is wrong") {
    ct::Rng rng(1);
    const nn::Dense dense = nn::Dense::init(rng, {.inputs = 3, .outputs = 4});
    CHECK_THROWS_WITH_AS((void)dense(ct::ones({2, 5})), "dense: x has shape [2, 5], expected [..., 3] for weight [3, 4]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)dense(Tensor(1.0)), "dense: x has shape [], expected [..., 3] for weight [3, 4]", ct::ShapeError);
}
