#include "cotangent/tensor/linalg/eigh.hpp"
#include "cotangent/tensor/linalg/lstsq.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/linalg/qr.hpp"
#include "cotangent/tensor/linalg/svd.hpp"
#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

namespace {

constexpr std::pair<std::int64_t, std::int64_t> shapes[] = {{1, 1}, {3, 3}, {7, 2}, {2, 7}, {40, 40}, {90, 33}, {33, 90}};
constexpr double infinity = std::numeric_limits<double>::infinity();

/// How far the columns of q are from orthonormal, in eps.
double skewness(const ct::Tensor& q) {
    const ct::Tensor gram = ct::matmul(q, q, {.transpose_a = true});
    return error_in_eps(gram, ct::broadcast_to(ct::eye(q.length(-1), q.dtype()), gram.shape()));
}

ct::Tensor scaled(const ct::Tensor& columns, const ct::Tensor& by) { return columns * ct::expand_dims(by, -2); }

}  // namespace

TEST_CASE("qr gives orthonormal columns and a triangle with a positive diagonal") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const auto& [m, n] : shapes) {
            CAPTURE(m);
            CAPTURE(n);
            const ct::Tensor a = random_matrices({2, m, n}, 21, dtype);
            const auto [q, r] = ct::qr(a);
            CHECK(q.shape() == ct::Shape{2, m, std::min(m, n)});
            CHECK(skewness(q) < 20 * double(m));
            CHECK(error_in_eps(ct::matmul(q, r), a) < 20 * double(m));
            CHECK(identical(r, ct::triu(r)));
            CHECK(ct::min(ct::diagonal(r)).item() > 0);
        }
    CHECK(ct::qr(ct::zeros({3, 0})).r.shape() == ct::Shape{0, 0});
    CHECK(ct::qr(ct::zeros({0, 3})).r.shape() == ct::Shape{0, 3});
}

TEST_CASE("qr of dependent columns is still a factorisation") {
    const ct::Tensor a = ct::Tensor::of<double>({{1, 2, 0}, {2, 4, 1}, {3, 6, 0}, {4, 8, 2}});
    const auto [q, r] = ct::qr(a);
    CHECK(skewness(q) < 40);
    CHECK(error_in_eps(ct::matmul(q, r), a) < 40);
    CHECK(std::abs(r.to_vector<double>()[4]) < 1e-14);
}

TEST_CASE("eigh diagonalises the symmetric part, values in order") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const std::int64_t n : {1, 2, 9, 33, 120}) {
            CAPTURE(n);
            const ct::Tensor x = random_matrices({2, n, n}, 31, dtype), a = 0.5 * (x + transposed(x));
            const auto [w, v] = ct::eigh(x);
            CHECK(skewness(v) < 20 * double(n));
            CHECK(error_in_eps(ct::matmul(scaled(v, w), v, {.transpose_b = true}), a) < 40 * double(n));
            CHECK(identical(w, ct::sort(w)));
        }
    CHECK(ct::eigh(ct::zeros({2, 0, 0})).values.shape() == ct::Shape{2, 0});
    CHECK(ct::eigh(ct::eye(3)).values.to_vector<int>() == std::vector<int>{1, 1, 1});
}

TEST_CASE("svd takes any shape apart, values in order") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const auto& [m, n] : shapes) {
            CAPTURE(m);
            CAPTURE(n);
            const ct::Tensor a = random_matrices({2, m, n}, 41, dtype);
            const auto [u, s, vt] = ct::svd(a);
            CHECK(u.shape() == ct::Shape{2, m, std::min(m, n)});
            CHECK(skewness(u) < 20 * double(m + n));
            CHECK(skewness(transposed(vt)) < 20 * double(m + n));
            CHECK(error_in_eps(ct::matmul(scaled(u, s), vt), a) < 20 * double(m + n));
            CHECK(identical(s, ct::sort(s, {.descending = true})));
            CHECK(ct::min(s).item() >= 0);
        }
    CHECK(ct::svd(ct::zeros({3, 0})).vt.shape() == ct::Shape{0, 0});
    const ct::Tensor low = ct::matmul(random_matrices({5, 2}, 1), random_matrices({2, 4}, 2));
    CHECK(ct::svd(low).s.to_vector<double>()[2] < 1e-14);
}

TEST_CASE("lstsq leaves a residual that no column sees, and takes the shortest solution") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const auto& [m, n] : shapes) {
            CAPTURE(m);
            CAPTURE(n);
            const ct::Tensor a = random_matrices({2, m, n}, 51, dtype), b = random_matrices({2, m, 3}, 52, dtype),
                             x = ct::lstsq(a, b);
            const double bound = 1e3 * double(m * n) * epsilon(dtype) * std::max(1.0, largest(x));
            CHECK(largest(ct::matmul(a, b - ct::matmul(a, x), {.transpose_a = true})) < bound);
            if (n > m) {  // in the row space: x = a^T y for some y
                const ct::Tensor y = ct::lstsq(transposed(a), x);
                CHECK(largest(ct::matmul(a, y, {.transpose_a = true}) - x) < bound);
            }
        }
    const ct::Tensor a = ct::Tensor::of<double>({{1, 1}, {1, 1}});
    CHECK(error_in_eps(ct::lstsq(a, ct::Tensor::of<double>({2, 4})), ct::Tensor::of<double>({1.5, 1.5})) < 10);
    CHECK(ct::lstsq(ct::zeros({2, 3}), ct::ones({2})).to_vector<int>() == std::vector<int>{0, 0, 0});
    CHECK(ct::lstsq(ct::eye(2) * ct::Tensor::of<float>({1, 0.01F}), ct::ones({2}), {.rcond = 0.1}).to_vector<int>() ==
          std::vector<int>{1, 0});
    CHECK(ct::lstsq(ct::zeros({3, 0}), ct::ones({3, 2})).shape() == ct::Shape{0, 2});
}

TEST_CASE("the factorisations name what they cannot take") {
    const ct::Tensor bad = ct::stack({ct::eye(2), ct::full({2, 2}, infinity)});
    CHECK_THROWS_WITH_AS((void)ct::eigh(bad), "eigh: a[1] has no eigenvalues that can be found, expected finite elements",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::svd(bad), "svd: a[1] has no singular values that can be found, expected finite elements",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::eigh(ct::zeros({2, 3})), "eigh: a has shape [2, 3], expected [..., N, N]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::svd(ct::zeros({3})), "svd: a has shape [3], expected [..., M, N]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::qr(ct::zeros({3, 3}, ct::Dtype::int64)), "qr: a is int64, expected float32 or float64",
                         ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::lstsq(ct::zeros({3, 2}), ct::zeros({2})),
                         "lstsq: b has shape [2], expected [3] or [..., 3, K] for a [3, 2]", ct::ShapeError);
}

TEST_CASE("work space is never less than LAPACK asks for, which floats round") {
    for (const int asked : {0, 1, 7, 1 << 24, 1 + 6 * 2895 + 2 * 2895 * 2895, 1 + 6 * 20000 + 2 * 20000 * 20000})
        CHECK(ct::detail::work_size(static_cast<float>(asked)) >= asked);
    CHECK(ct::detail::work_size(37.0f) == 37);
    CHECK(ct::detail::work_size(37.0) == 37);
    CHECK(ct::detail::work_size(std::numeric_limits<float>::max()) == std::numeric_limits<int>::max());
}

TEST_CASE("eigh of finite numbers up to the largest") {
    const auto values = ct::eigh(ct::Tensor::of<double>({{1e308, 0}, {0, 1.7e308}})).values.to_vector<double>();
    CHECK(values[0] == doctest::Approx(1e308));
    CHECK(values[1] == doctest::Approx(1.7e308));
}
