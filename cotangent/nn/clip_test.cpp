#include "cotangent/nn/clip.hpp"

#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

struct Gradient {
    Tensor a, b;
};

}  // namespace

TEST_CASE("clip_by_global_norm agrees with PyTorch") {
    const Golden golden("clip_by_norm");
    for (const std::string name : {"shrinks", "leaves"}) {
        Gradient gradient{golden(name + "/a"), golden(name + "/b")};
        const double norm = nn::clip_by_global_norm(gradient, golden.number(name + "/max_norm")).item();
        CHECK(norm == doctest::Approx(golden.number(name + "/norm")).epsilon(1e-14));
        check_close(gradient.a, golden(name + "/clipped_a"), 1e-6);  // PyTorch divides by norm + 1e-6
        check_close(gradient.b, golden(name + "/clipped_b"), 1e-6);
    }
}

TEST_CASE("after clip_by_global_norm the norm is at most the limit, and the direction is the same") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        const Gradient before{random_tensor({50}, 1, dtype), random_tensor({3, 7}, 2, dtype)};
        Gradient gradient = before;
        const double norm = nn::clip_by_global_norm(gradient, 0.5).item();
        const double tolerance = dtype == ct::Dtype::float32 ? 1e-6 : 1e-14;
        CHECK(ct::norm(gradient) == doctest::Approx(0.5).epsilon(tolerance));
        CHECK(ct::dot(gradient, before) == doctest::Approx(0.5 * norm).epsilon(tolerance));
    }
}

TEST_CASE("a short gradient, and one of zeros, stay as they are") {
    Gradient gradient{Tensor::of<float>({0.3F}), Tensor::of<float>({0.4F})};
    const Gradient before = gradient;
    CHECK(nn::clip_by_global_norm(gradient, 1).item() == doctest::Approx(0.5));
    CHECK(identical_trees(gradient, before));
    Gradient zero{ct::zeros({2}), ct::zeros({2})};
    CHECK(nn::clip_by_global_norm(zero, 1).item() == 0);
    CHECK(zero.a.to_vector<float>() == std::vector<float>{0, 0});
}

TEST_CASE("clip_by_global_norm scales plain numbers of the tree too") {
    struct Mixed {
        Tensor a;
        double b = 0;
    };
    Mixed gradient{Tensor::of<double>({3}), 4};
    CHECK(nn::clip_by_global_norm(gradient, 1).item() == doctest::Approx(5));
    CHECK(gradient.a.item() == doctest::Approx(0.6));
    CHECK(gradient.b == doctest::Approx(0.8));
}

TEST_CASE("clip_by_value cuts each element, and a copy made before stays") {
    Gradient gradient{Tensor::of<float>({-3, -0.5, 0, 0.5, 3}), Tensor::of<double>({-3, -0.5, 0, 0.5, 3})};
    const Gradient before = gradient;
    nn::clip_by_value(gradient, 1);
    CHECK(gradient.a.to_vector<float>() == std::vector<float>{-1, -0.5, 0, 0.5, 1});
    CHECK(gradient.b.to_vector<double>() == std::vector<double>{-1, -0.5, 0, 0.5, 1});
    CHECK(before.a.to_vector<float>()[0] == -3);
}

TEST_CASE("clipping refuses a limit that is not above 0") {
    Gradient gradient{ct::ones({2}), ct::ones({2})};
    CHECK_THROWS_WITH_AS((void)nn::clip_by_global_norm(gradient, 0), "clip_by_global_norm: limit is 0, expected above 0", ct::ValueError);
    CHECK_THROWS_WITH_AS(nn::clip_by_value(gradient, -1), "clip_by_value: limit is -1, expected above 0", ct::ValueError);
    CHECK_THROWS_AS((void)nn::clip_by_global_norm(gradient, std::nan("")), ct::ValueError);
}
