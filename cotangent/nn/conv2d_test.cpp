#include "cotangent/nn/conv2d.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("the Conv2d layer agrees with PyTorch where its options allow") {
    const Golden golden("conv2d");
    for (const std::string name : {"plain", "one_by_one", "stride_padding", "groups", "depthwise"}) {
        const auto attribute = [&](const char* key) { return static_cast<int>(golden(name + "/" + key).to_vector<double>()[0]); };
        check_golden(golden, name, {"x", "kernel", "bias"}, [&](const Tensors& in) {
            return nn::Conv2d{in[1], in[2], attribute("stride"), attribute("padding"), attribute("groups")}(in[0]);
        });
    }
    check_golden(golden, "without_bias", {"x", "kernel"}, [](const Tensors& in) { return nn::Conv2d{in[1], {}}(in[0]); });
}

TEST_CASE("a Conv2d has the shapes that its options say") {
    ct::Rng rng(1);
    const nn::Conv2d layer = nn::Conv2d::init(rng, {.inputs = 4, .outputs = 6, .kernel = 5, .stride = 2, .padding = 2, .groups = 2});
    CHECK(layer.kernel.shape() == ct::Shape{6, 2, 5, 5});
    CHECK(layer.bias.to_vector<float>() == std::vector<float>(6, 0));
    CHECK(layer(ct::ones({3, 4, 8, 9})).shape() == ct::Shape{3, 6, 4, 5});
    CHECK(nn::Conv2d::init(rng, {.inputs = 4, .outputs = 6, .bias = false}).bias.is_empty());
}

TEST_CASE("a Conv2d has the derivatives that differences give, by its fields and by the images") {
    ct::Rng rng(1);
    const nn::Conv2d layer = ct::cast_tree(nn::Conv2d::init(rng, {.inputs = 2, .outputs = 2, .stride = 2, .padding = 1}), ct::Dtype::float64);
    CHECK_NOTHROW(ct::check_derivatives([](const nn::Conv2d& conv, const Tensor& x) { return conv(x); }, layer,
                                        random_tensor({1, 2, 4, 5}, 2)));
}
