#include "cotangent/nn/attention.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("attention agrees with PyTorch where its options allow") {
    const Golden golden("attention");
    for (const std::string name : {"plain", "more_keys", "causal"})
        check_golden(golden, name, {"query", "key", "value"}, [&](const Tensors& in) {
            return nn::attention(in[0], in[1], in[2], {.causal = golden(name + "/causal").item() == 1});
        });
}

TEST_CASE("MultiHeadAttention agrees with PyTorch") {
    const Golden golden("multi_head_attention");
    for (const std::string name : {"plain", "causal"}) {
        const auto heads = static_cast<int>(golden(name + "/heads").item());
        const bool causal = golden(name + "/causal").item() == 1;
        // PyTorch's three projections stand side by side in ours.
        const std::vector<std::string> inputs{"x", "query_weight", "key_weight", "value_weight", "query_bias", "key_bias", "value_bias",
                                              "out_weight", "out_bias"};
        check_golden(golden, name, inputs, [&](const Tensors& in) {
            const nn::MultiHeadAttention layer{{concatenate(Tensors{in[1], in[2], in[3]}, 1), concatenate(Tensors{in[4], in[5], in[6]}, 0)},
                                               {in[7], in[8]}, heads};
            return layer(in[0], {.causal = causal});
        });
    }
}

TEST_CASE("MultiHeadAttention has the derivatives that differences give, by its fields and by x") {
    ct::Rng rng(1);
    const nn::MultiHeadAttention layer = ct::cast_tree(nn::MultiHeadAttention::init(rng, {.width = 4, .heads = 2}), ct::Dtype::float64);
    for (const bool causal : {false, true})
        CHECK_NOTHROW(ct::check_derivatives(
            [&](const nn::MultiHeadAttention& l, const Tensor& x) { return l(x, {.causal = causal}); }, layer, random_tensor({2, 3, 4}, 2)));
}

TEST_CASE("causal attention does not see what comes later, in any dtype") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16}) {
        CAPTURE(ct::name(dtype));
        const Tensor q = cast(random_tensor({1, 4, 3}, 1), dtype), k = cast(random_tensor({1, 4, 3}, 2), dtype);
        const Tensor v = cast(random_tensor({1, 4, 3}, 3), dtype);
        const Tensor other_k = concatenate(Tensors{slice_axis(k, 1, 0, 3), cast(ct::full({1, 1, 3}, 9.0), dtype)}, 1);
        const Tensor other_v = concatenate(Tensors{slice_axis(v, 1, 0, 3), cast(ct::full({1, 1, 3}, 9.0), dtype)}, 1);
        const Tensor a = nn::attention(q, k, v, {.causal = true}), b = nn::attention(q, other_k, other_v, {.causal = true});
        CHECK(identical(slice_axis(a, 1, 0, 3), slice_axis(b, 1, 0, 3)));
        CHECK(!identical(a, b));
        check_close(slice_axis(a, 1, 0, 1), slice_axis(v, 1, 0, 1), 1e-6);  // the first position sees itself alone
    }
}

TEST_CASE("attention gives averages of the values, the same for keys in another order") {
    const Tensor q = random_tensor({2, 4, 3}, 1), k = random_tensor({2, 5, 3}, 2);
    check_close(nn::attention(q, k, ct::full({2, 5, 2}, 3, ct::Dtype::float64)), ct::full({2, 4, 2}, 3, ct::Dtype::float64), 1e-15);
    const Tensor v = random_tensor({2, 5, 2}, 3), order = Tensor::of<std::int64_t>({3, 0, 4, 1, 2});
    check_close(nn::attention(q, take(k, order, 1), take(v, order, 1)), nn::attention(q, k, v), 1e-14);
}

TEST_CASE("attention names the shapes that are wrong") {
    CHECK_THROWS_WITH_AS((void)nn::attention(ct::ones({2, 4, 3}), ct::ones({2, 4, 5}), ct::ones({2, 4, 3})),
                         "attention: q, k, v have shapes [2, 4, 3], [2, 4, 5], [2, 4, 3], expected [..., T, D], [..., S, D], [..., S, E]",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)nn::attention(ct::ones({2, 4, 3}), ct::ones({2, 4, 3}), ct::ones({2, 5, 3})), ct::ShapeError);
    ct::Rng rng(1);
    CHECK_THROWS_WITH_AS((void)nn::MultiHeadAttention::init(rng, {.width = 5, .heads = 2}),
                         "attention: width is 5, expected a multiple of 2 heads", ct::ValueError);
    const auto layer = nn::MultiHeadAttention::init(rng, {.width = 4, .heads = 2});
    CHECK_THROWS_WITH_AS((void)layer(ct::ones({3, 4})), "attention: x has shape [3, 4], expected [N, T, width]", ct::ShapeError);
    CHECK_THROWS_AS((void)layer(ct::ones({1, 3, 6})), ct::ShapeError);
}
