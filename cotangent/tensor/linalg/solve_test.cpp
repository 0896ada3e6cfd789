#include "cotangent/tensor/linalg/solve.hpp"

#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

TEST_CASE("solve and inverse undo the product") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const std::int64_t n : {1, 2, 6, 33, 64, 130}) {
            CAPTURE(n);
            const ct::Tensor a = random_matrices({2, n, n}, 11, dtype) + 2 * std::sqrt(double(n)) * ct::eye(n, dtype);
            const ct::Tensor x = random_matrices({2, n, 5}, 12, dtype);
            CHECK(error_in_eps(ct::solve(a, ct::matmul(a, x)), x) <= 20 * double(n));
            CHECK(error_in_eps(ct::matmul(ct::inverse(a), a), ct::broadcast_to(ct::eye(n, dtype), a.shape())) <=
                  20 * double(n));
        }
}

TEST_CASE("solve exchanges rows where a pivot would be zero") {
    const ct::Tensor a = ct::Tensor::of<double>({{0, 0, 2}, {4, 0, 0}, {0, 1, 0}});
    CHECK(ct::solve(a, ct::Tensor::of<double>({6, 4, 3})).to_vector<double>() == std::vector<double>{1, 3, 3});
    CHECK(ct::det(a).item() == 8);
    CHECK(ct::inverse(a).to_vector<double>() == std::vector<double>{0, 0.25, 0, 0, 0, 1, 0.5, 0, 0});
}

TEST_CASE("solve broadcasts leading axes") {
    const ct::Tensor a = random_matrices({3, 1, 2, 2}, 1), b = random_matrices({4, 2, 3}, 2), x = ct::solve(a, b);
    CHECK(x.shape() == ct::Shape{3, 4, 2, 3});
    CHECK(identical(ct::row(ct::row(x, 2), 1), ct::solve(ct::row(ct::row(a, 2), 0), ct::row(b, 1))));
    CHECK(ct::solve(a, ct::ones({2}, ct::Dtype::float64)).shape() == ct::Shape{3, 1, 2});
    CHECK(ct::solve(ct::zeros({0, 2, 2}), ct::ones({2, 1})).shape() == ct::Shape{0, 2, 1});
    CHECK(ct::inverse(ct::zeros({5, 0, 0})).shape() == ct::Shape{5, 0, 0});
}

TEST_CASE("determinants multiply, and slogdet does not overflow") {
    const ct::Tensor a = random_matrices({4, 5, 5}, 7), b = random_matrices({4, 5, 5}, 8);
    CHECK(error_in_eps(ct::det(ct::matmul(a, b)), ct::det(a) * ct::det(b)) < 1000);
    const auto [sign, logabsdet] = ct::slogdet(a);
    CHECK(error_in_eps(sign * ct::exp(logabsdet), ct::det(a)) < 100);
    const ct::Tensor large = -1e20 * ct::eye(21);
    CHECK(std::isinf(ct::det(large).item()));
    CHECK(ct::slogdet(large).sign.item() == -1);
    CHECK(ct::slogdet(large).logabsdet.item() == doctest::Approx(21 * std::log(1e20)));
    const ct::Tensor singular = ct::Tensor::of<double>({{1, 2}, {2, 4}});
    CHECK(ct::det(singular).item() == 0);
    CHECK(ct::slogdet(singular).sign.item() == 0);
    CHECK(ct::slogdet(singular).logabsdet.item() == -std::numeric_limits<double>::infinity());
    CHECK(ct::det(ct::zeros({2, 0, 0})).to_vector<int>() == std::vector<int>{1, 1});
    CHECK(std::isnan(ct::det(ct::full({2, 2}, std::nan(""))).item()));
}

TEST_CASE("solve and inverse name a singular matrix and what does not fit") {
    const ct::Tensor a = ct::stack({ct::eye(2), ct::ones({2, 2}), ct::eye(2)});
    CHECK_THROWS_WITH_AS((void)ct::solve(a, ct::ones({2})), "solve: a[1] is singular: pivot 1 is zero", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::inverse(ct::zeros({1, 2, 2})), "inverse: a[0] is singular: pivot 0 is zero",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::inverse(ct::zeros({2, 2})), "inverse: a is singular: pivot 0 is zero", ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::solve(ct::eye(3), ct::ones({2})),
                         "solve: b has shape [2], expected [3] or [..., 3, K] for a [3, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::det(ct::ones({2, 3})), "det: a has shape [2, 3], expected [..., N, N]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::slogdet(ct::ones({2})), "slogdet: a has shape [2], expected [..., N, N]", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::inverse(ct::eye(2, ct::Dtype::bfloat16)), ct::DtypeError);
}
