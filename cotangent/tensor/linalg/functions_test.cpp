#include "cotangent/tensor/linalg/matrix_exp.hpp"

#include "cotangent/tensor/linalg/norm.hpp"
#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

TEST_CASE("matrix_exp has the closed forms") {
    const double t = 0.7;
    CHECK(error_in_eps(ct::matrix_exp(ct::Tensor::of<double>({{0, -t}, {t, 0}})),
                       ct::Tensor::of<double>({{std::cos(t), -std::sin(t)}, {std::sin(t), std::cos(t)}})) < 4);
    CHECK(ct::matrix_exp(ct::Tensor::of<double>({{0, 1, 2}, {0, 0, 3}, {0, 0, 0}})).to_vector<double>() ==
          std::vector<double>{1, 1, 3.5, 0, 1, 3, 0, 0, 1});
    CHECK(identical(ct::matrix_exp(ct::zeros({2, 3, 3})), ct::broadcast_to(ct::eye(3), {2, 3, 3})));
    CHECK(ct::matrix_exp(ct::zeros({0, 0})).shape() == ct::Shape{0, 0});
    CHECK(error_in_eps(ct::matrix_exp(ct::diag_embed(ct::Tensor::of<double>({-20, 0, 15}))),
                       ct::diag_embed(ct::exp(ct::Tensor::of<double>({-20, 0, 15})))) < 200);
    CHECK(std::isnan(ct::matrix_exp(ct::full({1, 1}, std::nan(""))).item()));
}

TEST_CASE("matrix_exp of every degree agrees with the spectrum of a symmetric matrix") {
    // The sizes reach degrees 3, 5, 7, 9, 13 and 13 with squarings.
    for (const ct::Dtype dtype : real_dtypes)
        for (const double size : {0.002, 0.05, 0.2, 0.5, 1.0, 8.0}) {
            CAPTURE(size);
            const ct::Tensor x = random_matrices({3, 4, 4}, 61, dtype), a = size * (x + transposed(x));
            const auto [w, v] = ct::eigh(a);
            const ct::Tensor expected = ct::matmul(v * ct::expand_dims(ct::exp(w), -2), v, {.transpose_b = true});
            CHECK(error_in_eps(ct::matrix_exp(a), expected) < 40 * (1 + 8 * size));
        }
}

TEST_CASE("vector_norm keeps to its definition, at the ends of the range too") {
    const ct::Tensor x = ct::Tensor::of<double>({{3, -4, 0}, {0, 0, 0}});
    const auto norms = [&](double order) { return ct::vector_norm(x, {.order = order, .axes = {1}}).to_vector<double>(); };
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(norms(2) == std::vector<double>{5, 0});
    CHECK(norms(1) == std::vector<double>{7, 0});
    CHECK(norms(0) == std::vector<double>{2, 0});
    CHECK(norms(infinity) == std::vector<double>{4, 0});
    CHECK(norms(-infinity) == std::vector<double>{0, 0});
    CHECK(norms(-1) == std::vector<double>{0, 0});
    CHECK(norms(3)[0] == doctest::Approx(std::cbrt(91.0)));
    CHECK(ct::vector_norm(ct::Tensor::of<double>({3e300, 4e300})).item() == doctest::Approx(5e300));
    CHECK(ct::vector_norm(ct::Tensor::of<double>({3e-300, 4e-300}), {.order = 2}).item() == doctest::Approx(5e-300));
    CHECK(ct::vector_norm(ct::Tensor::of<double>({1e-200, 1e-200}), {.order = 4}).item() ==
          doctest::Approx(std::pow(2, 0.25) * 1e-200));
    CHECK(ct::vector_norm(ct::Tensor::of<double>({1, infinity})).item() == infinity);
    CHECK(std::isnan(ct::vector_norm(ct::Tensor::of<double>({1, std::nan("")})).item()));
    CHECK(ct::vector_norm(ct::ones({2, 3, 4}), {.axes = {0, -1}, .keep_axes = true}).shape() == ct::Shape{1, 3, 1});
    CHECK(ct::vector_norm(ct::zeros({2, 0}), {.axes = {1}}).to_vector<int>() == std::vector<int>{0, 0});
    CHECK_THROWS_WITH_AS((void)ct::vector_norm(x, {.order = std::nan("")}), "vector_norm: order is NaN, expected a number",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::vector_norm(ct::ones({2}, ct::Dtype::int32)),
                         "vector_norm: x is int32, expected float32 or float64", ct::DtypeError);
}

TEST_CASE("matrix_norm has the five norms") {
    const ct::Tensor x = ct::Tensor::of<double>({{3, 0}, {0, -4}, {0, 0}});
    const auto norm = [&](ct::MatrixNorm which) { return ct::matrix_norm(x, which).item(); };
    CHECK(norm(ct::MatrixNorm::frobenius) == doctest::Approx(5));
    CHECK(norm(ct::MatrixNorm::nuclear) == doctest::Approx(7));
    CHECK(norm(ct::MatrixNorm::spectral) == doctest::Approx(4));
    CHECK(ct::matrix_norm(ct::Tensor::of<float>({{1, -2}, {-3, 4}}), ct::MatrixNorm::one).item() == 6);
    CHECK(ct::matrix_norm(ct::Tensor::of<float>({{1, -2}, {-3, 4}}), ct::MatrixNorm::infinity).item() == 7);
    CHECK(ct::matrix_norm(ct::ones({4, 2, 2})).shape() == ct::Shape{4});
    CHECK_THROWS_WITH_AS((void)ct::matrix_norm(ct::ones({2})), "matrix_norm: x has shape [2], expected [..., M, N]",
                         ct::ShapeError);
}

TEST_CASE("matrix_exp names the shape that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::matrix_exp(ct::zeros({2, 3})), "matrix_exp: a has shape [2, 3], expected [..., N, N]",
                         ct::ShapeError);
}
