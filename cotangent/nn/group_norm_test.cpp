#include "cotangent/nn/group_norm.hpp"

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("group_norm agrees with PyTorch on every stored case") {
    const Golden golden("group_norm");
    for (const std::string name : {"two_groups", "instance", "one_group"})
        check_golden(golden, name, {"x", "gain", "bias"}, [&](const Tensors& in) {
            return nn::group_norm(in[0], in[1], in[2], {static_cast<int>(golden(name + "/groups").item()), golden(name + "/epsilon").item()});
        });
}

TEST_CASE("a GroupNorm has the derivatives that differences give, by its fields and by x") {
    const nn::GroupNorm layer{random_tensor({4}, 1), random_tensor({4}, 2), 2};
    CHECK_NOTHROW(ct::check_derivatives([](const nn::GroupNorm& norm, const Tensor& x) { return norm(x); }, layer,
                                        random_tensor({2, 4, 2, 2}, 3)));
}

TEST_CASE("group_norm sees each image alone") {
    const Tensor x = random_tensor({3, 4, 2, 2}, 1, ct::Dtype::float32);
    const nn::GroupNorm layer = nn::GroupNorm::init(4, 2);
    CHECK(identical(slice_axis(layer(x), 0, 1, 2), layer(slice_axis(x, 0, 1, 2))));
}

TEST_CASE("group_norm names the shape that is wrong") {
    const Tensor four = ct::ones({4});
    CHECK_THROWS_WITH_AS((void)nn::group_norm(ct::ones({2, 4, 2, 2}), four, four, {.groups = 3}),
                         "group_norm: x has shape [2, 4, 2, 2], expected [N, C, H, W] with C a multiple of 3", ct::ShapeError);
    CHECK_THROWS_AS((void)nn::group_norm(ct::ones({2, 4}), four, four, {.groups = 2}), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::group_norm(ct::ones({2, 6, 2, 2}), four, four, {.groups = 2}),
                         "group_norm: gain and bias have shapes [4] and [4], expected [6] for x [2, 6, 2, 2]", ct::ShapeError);
}
