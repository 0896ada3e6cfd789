#include "cotangent/tensor/linalg/triangular_solve.hpp"

#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

TEST_CASE("triangular_solve solves with either triangle, transposed or not, for any number of columns") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const std::int64_t n : {1, 5, 32, 33, 100})
            for (const std::int64_t columns : {1, 3, 4, 70})
                for (const bool lower : {false, true})
                    for (const bool transpose : {false, true})
                        for (const bool unit : {false, true}) {
                            CAPTURE(n);
                            CAPTURE(columns);
                            CAPTURE(lower);
                            CAPTURE(transpose);
                            CAPTURE(unit);
                            // Small beside the diagonal, so that errors do not grow.
                            const ct::Tensor a = (1.0 / double(n)) * random_matrices({n, n}, 3, dtype) + ct::eye(n, dtype);
                            const ct::Tensor b = random_matrices({n, columns}, 4, dtype);
                            const ct::Tensor x = ct::triangular_solve(a, b, {lower, transpose, unit});
                            ct::Tensor t = lower ? ct::tril(a, unit ? -1 : 0) : ct::triu(a, unit ? 1 : 0);
                            if (unit) t = t + ct::eye(n, dtype);
                            CHECK(error_in_eps(ct::matmul(t, x, {.transpose_a = transpose}), b) <= 4 * double(n) + 8);
                        }
}

TEST_CASE("triangular_solve takes vectors and broadcasts leading axes") {
    const ct::Tensor a = ct::Tensor::of<double>({{2, 99}, {1, 4}}), b = ct::Tensor::of<double>({2, 9});
    CHECK(ct::triangular_solve(a, b).to_vector<double>() == std::vector<double>{1, 2});
    const ct::Tensor stack = random_matrices({3, 1, 2, 2}, 1), right = random_matrices({4, 2, 3}, 2),
                     x = ct::triangular_solve(stack, right);
    CHECK(x.shape() == ct::Shape{3, 4, 2, 3});
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 4; ++j)
            CHECK(identical(ct::row(ct::row(x, i), j),
                            ct::triangular_solve(ct::row(ct::row(stack, i), 0), ct::row(right, j))));
    CHECK(ct::triangular_solve(ct::zeros({0, 0}), ct::zeros({0, 2})).shape() == ct::Shape{0, 2});
    CHECK(std::isinf(ct::triangular_solve(ct::zeros({1, 1}), ct::ones({1})).item()));
}

TEST_CASE("triangular_solve names what does not fit") {
    const ct::Tensor a = ct::eye(3);
    CHECK_THROWS_WITH_AS((void)ct::triangular_solve(a, ct::zeros({4, 2})),
                         "triangular_solve: b has shape [4, 2], expected [3] or [..., 3, K] for a [3, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::triangular_solve(ct::zeros({2, 3}), ct::zeros({2})),
                         "triangular_solve: a has shape [2, 3], expected [..., N, N]", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::triangular_solve(a, ct::zeros({3}, ct::Dtype::float64)), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::triangular_solve(ct::zeros({2, 3, 3}), ct::zeros({4, 3, 1})), ct::ShapeError);
}
