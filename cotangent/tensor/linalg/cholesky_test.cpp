#include "cotangent/tensor/linalg/cholesky.hpp"

#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

TEST_CASE("cholesky gives a lower triangle whose square is the matrix") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const std::int64_t n : {1, 2, 7, 31, 64, 65, 150}) {
            CAPTURE(n);
            const ct::Tensor a = random_definite({2, n, n}, 5, dtype), l = ct::cholesky(a);
            CHECK(error_in_eps(ct::matmul(l, l, {.transpose_b = true}), a) <= 2 * double(n) + 4);
            CHECK(identical(l, ct::tril(l)));
            CHECK(ct::min(ct::diagonal(l)).item() > 0);
        }
    CHECK(ct::cholesky(ct::zeros({0, 3, 3})).shape() == ct::Shape{0, 3, 3});
    CHECK(ct::cholesky(ct::zeros({2, 0, 0})).shape() == ct::Shape{2, 0, 0});
}

TEST_CASE("cholesky reads the symmetric part") {
    const ct::Tensor a = random_definite({4, 4}, 1), skew = random_matrices({4, 4}, 2);
    CHECK(error_in_eps(ct::cholesky(a + skew - transposed(skew)), ct::cholesky(a)) < 40);
}

TEST_CASE("cholesky names the matrix and the minor that is not positive") {
    ct::Tensor a = ct::stack({ct::eye(3), ct::eye(3)});
    a.mutable_values<float>()[9 + 4] = -1;
    CHECK_THROWS_WITH_AS((void)ct::cholesky(a),
                         "cholesky: a[1] is not positive definite: its leading minor of order 2 is not positive",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::cholesky(ct::zeros({2, 2})),
                         "cholesky: a is not positive definite: its leading minor of order 1 is not positive",
                         ct::ValueError);
    CHECK_THROWS_AS((void)ct::cholesky(ct::full({1, 2, 2}, std::nan(""))), ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::cholesky(ct::zeros({3, 4})), "cholesky: a has shape [3, 4], expected [..., N, N]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::cholesky(ct::zeros({3})), "cholesky: a has shape [3], expected [..., N, N]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::cholesky(ct::zeros({3, 3}, ct::Dtype::int32)),
                         "cholesky: a is int32, expected float32 or float64", ct::DtypeError);
}
